"""The Terraform stack of one environment."""

from collections.abc import Mapping

from cdktf import TerraformStack
from constructs import Construct

from constructs_lib.aws.provider import Provider
from constructs_lib.estate.adoption import adopt, announce
from constructs_lib.estate.protection import protect
from constructs_lib.payments.deployment import Deployment
from constructs_lib.payments.monitoring.alarms import Alarms
from constructs_lib.payments.monitoring.dashboards import Dashboards
from constructs_lib.payments.publication import publish
from constructs_lib.payments.system import System
from constructs_lib.payments.tags import default_tags
from constructs_lib.settings.environments import EnvironmentErrors
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import Environment
from constructs_lib.state.s3_backend import use_s3_backend


class PaymentStack(TerraformStack):
    """Synthesizes the payment system of one environment.

    Raises EnvironmentErrors if the environment adopts or moves resources that the stack does not have.
    """

    def __init__(self, scope: Construct, environment: Environment, *, variables: Mapping[str, str]) -> None:
        """`variables`: environment variables of the pipeline that deploys, for tags."""
        super().__init__(scope, Naming(environment.name).prefix)
        self.environment = environment
        announce(self, environment.estate)
        self.tags = default_tags(environment.name, self._created_at(), variables)
        aws = environment.aws
        Provider(self, "Aws", region=aws.region, account_id=aws.account, tags=self.tags)
        system = System(self, environment, self.tags)
        alarms = Alarms(self, "Alarms", system=system)
        publish(system, Dashboards(self, "Dashboards", system=system, alarms=alarms))
        if environment.protected:
            protect(self)
        if problems := list(adopt(self, environment.estate)):
            raise EnvironmentErrors(f"environment {environment.name}: {problem}" for problem in problems)

    def _created_at(self) -> str:
        """Returns the time of the first deployment, from the stack's own state."""
        aws, state = self.environment.aws, self.environment.state
        use_s3_backend(self, aws=aws, state=state)
        return Deployment(
            self, "Deployment", stack=self.node.id, workspace=self.environment.name, aws=aws, state=state
        ).created_at
