"""Publication of names, ARNs and URLs as Systems Manager parameters and as outputs of the stack."""

from collections.abc import Mapping

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct

from constructs_lib.aws.parameter import Parameter
from constructs_lib.payments.monitoring.dashboards import Dashboards
from constructs_lib.payments.outputs import OUTPUTS, output_name
from constructs_lib.payments.system import System
from constructs_lib.settings.naming import Naming

# Parameters that were renamed: the construct id, and with it the Terraform address, stays.
ORIGINAL_IDS = {"payment-events/url": "queue_url", "payment-events/dead-letters": "queue_dead_letters"}


class Published(Construct):
    """Publishes values, each as a parameter and as an output.

    `webhooks/url` becomes the parameter `/payments/<environment>/webhooks/url` and the output `webhooks_url`.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming, values: Mapping[str, str]) -> None:
        """Raises KeyError for a path that has no description in OUTPUTS."""
        super().__init__(scope, id)
        stack = TerraformStack.of(self)  # an output's name is its id in the stack
        for path, value in values.items():
            Parameter(
                self,
                ORIGINAL_IDS.get(path, output_name(path)),
                name=naming.parameter(path),
                value=value,
                description=OUTPUTS[path],
            )
            TerraformOutput(stack, output_name(path), value=value, description=OUTPUTS[path])


def publish(system: System, dashboards: Dashboards) -> None:
    """Publishes every path of OUTPUTS."""
    alerts = system.foundation.alerts
    Published(
        system.foundation.stack,
        "Published",
        naming=system.foundation.naming,
        values={
            "alerts/cost": alerts.cost.arn,
            "alerts/ops": alerts.ops.arn,
            "alerts/security": alerts.security.arn,
            "api/id": system.api.rest.id,
            "api/url": system.api.rest.url,
            "artifacts/bucket": system.workers.artifacts.name,
            "audit/bucket": system.storage.audit.name,
            "bus/arn": system.events.bus.arn,
            "dashboards/cost": dashboards.cost.name,
            "dashboards/operations": dashboards.operations.name,
            "dashboards/security": dashboards.security.name,
            "fleet/name": system.workers.fleet.name,
            "fleet/role": system.workers.fleet.role_arn,
            "key/arn": system.foundation.key.arn,
            "pepper/arn": system.storage.pepper.arn,
            "table/name": system.storage.table.name,
            "vpc/id": system.network.id,
            "web-acl/arn": system.api.web_acl.arn,
            **{f"functions/{name}": function.arn for name, function in system.functions.items()},
            **{f"{name}/url": queue.url for name, queue in system.events.queues.items()},
            **{
                f"{name}/dead-letters": queue.dead_letters.url for name, queue in system.events.queues.items()
            },
        },
    )
