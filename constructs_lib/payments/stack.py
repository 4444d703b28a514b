"""One environment: what there is and how it hangs together."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from constructs_lib.estate.adoption import adopt, announce
from constructs_lib.estate.protection import protect
from constructs_lib.payments.components.api import make_api
from constructs_lib.payments.components.events import make_events
from constructs_lib.payments.components.fleet import make_fleet
from constructs_lib.payments.components.foundation import make_foundation
from constructs_lib.payments.components.functions import make_functions
from constructs_lib.payments.components.gateway import make_gateway
from constructs_lib.payments.components.monitoring import monitor
from constructs_lib.payments.components.network import make_network
from constructs_lib.payments.components.publication import publish
from constructs_lib.payments.components.schedules import make_schedules
from constructs_lib.payments.components.security import make_security
from constructs_lib.payments.components.storage import make_storage
from constructs_lib.payments.deployment import Deployment
from constructs_lib.payments.tags import default_tags
from constructs_lib.settings.environment import Environment
from constructs_lib.settings.environments import EnvironmentErrors
from constructs_lib.settings.naming import Naming
from constructs_lib.state.s3_backend import keep_state


class PaymentStack(TerraformStack):
    """Payments of one environment, from the network to the URL that is called.

    EnvironmentErrors where the environment's estate names what there is not.
    """

    def __init__(self, scope: Construct, environment: Environment, *, variables: Mapping[str, str]) -> None:
        """`variables`: of the pipeline that deploys; tags are made of them."""
        super().__init__(scope, Naming(environment.name).prefix)
        self.environment = environment
        announce(self, environment.estate)
        self.tags = default_tags(environment.name, self._since(), variables)
        self._provider()
        self._compose()
        if environment.protected:
            protect(self)
        if problems := list(adopt(self, environment.estate)):
            raise EnvironmentErrors(f"environment {environment.name}: {problem}" for problem in problems)

    def _compose(self) -> None:
        """A payment comes in at the API, is made by functions through the gateway, and is kept in storage.

        Events tell of it. Schedules finish what nobody asks for again. The fleet compares what was settled.
        """
        foundation = make_foundation(self, self.environment)
        networking = make_network(foundation)
        network = networking.network
        storage = make_storage(foundation)
        gateway = make_gateway(foundation)
        events = make_events(foundation, storage.table)
        functions = make_functions(foundation, network, storage, events, gateway)
        make_schedules(foundation, events, functions["sweeper"])
        api = make_api(foundation, functions)
        workers = make_fleet(foundation, network, storage, events, gateway, self.tags)
        buckets = {"audit": storage.audit, "artifacts": workers.artifacts}
        make_security(foundation, network, events.undelivered, buckets)
        dashboards = monitor(foundation, networking, storage, events, functions, api, workers)
        publish(foundation, network, storage, events, functions, api, workers, dashboards)

    def _since(self) -> str:
        """When the environment was first deployed, which its state knows."""
        aws, state = self.environment.aws, self.environment.state
        keep_state(self, aws=aws, state=state)
        return Deployment(
            self,
            "Deployment",
            stack=self.node.id,
            workspace=self.environment.name,
            aws=aws,
            state=state,
        ).created_at

    def _provider(self) -> None:
        aws = self.environment.aws
        AwsProvider(
            self,
            "Aws",
            region=aws.region,
            allowed_account_ids=[aws.account] if aws.account else None,
            default_tags=[AwsProviderDefaultTags(tags=self.tags)],
        )
