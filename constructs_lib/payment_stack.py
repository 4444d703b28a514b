"""One environment: what there is and how it hangs together."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from constructs_lib.adoption import adopt, announce
from constructs_lib.areas.api import make_api
from constructs_lib.areas.base import make_base
from constructs_lib.areas.events import make_events
from constructs_lib.areas.fleet import make_fleet
from constructs_lib.areas.functions import make_functions
from constructs_lib.areas.gateway import make_gateway
from constructs_lib.areas.network import make_network
from constructs_lib.areas.published import publish
from constructs_lib.areas.schedules import make_schedules
from constructs_lib.areas.security import make_security
from constructs_lib.areas.storage import make_storage
from constructs_lib.areas.watch import watch
from constructs_lib.deployment import Deployment
from constructs_lib.environment import Environment
from constructs_lib.environments import EnvironmentErrors
from constructs_lib.naming import Naming
from constructs_lib.protection import protect
from constructs_lib.state import keep_state
from constructs_lib.tags import default_tags


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
        base = make_base(self, self.environment)
        networking = make_network(base)
        network = networking.network
        storage = make_storage(base)
        gateway = make_gateway(base)
        events = make_events(base, storage.table)
        functions = make_functions(base, network, storage, events, gateway)
        make_schedules(base, events, functions.sweeper)
        api = make_api(base, functions)
        workers = make_fleet(base, network, storage, events, gateway, self.tags)
        buckets = {"audit": storage.audit, "artifacts": workers.artifacts}
        make_security(base, network, events.undelivered, buckets)
        dashboards = watch(base, networking, storage, events, functions, api, workers)
        publish(base, network, storage, events, functions, api, workers, dashboards)

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
