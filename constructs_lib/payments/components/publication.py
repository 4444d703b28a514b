"""Publication of names, ARNs and URLs as Systems Manager parameters and as outputs of the stack."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.payments.components.api import Api
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.fleet import Workers
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.functions import Functions
from constructs_lib.payments.components.storage import Storage
from constructs_lib.payments.monitoring.dashboards import Dashboards
from constructs_lib.payments.outputs import OUTPUTS, output_name
from constructs_lib.settings.naming import Naming

# Parameters that were renamed: the construct id, and with it the Terraform address, stays.
FIRST_IDS = {"payment-events/url": "queue_url", "payment-events/dead-letters": "queue_dead_letters"}


class Published(Construct):
    """Publishes values, each as a parameter and as an output.

    `webhooks/url` becomes the parameter `/payments/<environment>/webhooks/url` and the output `webhooks_url`.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming, values: Mapping[str, str]) -> None:
        """Raises KeyError for a path that has no description in OUTPUTS."""
        super().__init__(scope, id)
        stack = TerraformStack.of(self)  # an output's name is its id in the stack
        for path, value in values.items():
            parameter = SsmParameter(
                self,
                FIRST_IDS.get(path, output_name(path)),
                name=naming.parameter(path),
                description=OUTPUTS[path],
                type="String",
                value=value,
            )
            accept(parameter, CKV2_AWS_34="a name or an address, no secret: readers need no key")
            TerraformOutput(stack, output_name(path), value=value, description=OUTPUTS[path])


def publish(
    foundation: Foundation,
    network: AnyNetwork,
    storage: Storage,
    events: Events,
    functions: Functions,
    api: Api,
    workers: Workers,
    dashboards: Dashboards,
) -> None:
    """Publishes every path of OUTPUTS."""
    Published(
        foundation.stack,
        "Published",
        naming=foundation.naming,
        values={
            "alerts/cost": foundation.alerts.cost.arn,
            "alerts/ops": foundation.alerts.ops.arn,
            "alerts/security": foundation.alerts.security.arn,
            "api/id": api.rest.resource.id,
            "api/url": api.rest.url,
            "artifacts/bucket": workers.artifacts.name,
            "audit/bucket": storage.audit.name,
            "bus/arn": events.bus.arn,
            "dashboards/cost": dashboards.cost.name,
            "dashboards/operations": dashboards.operations.name,
            "dashboards/security": dashboards.security.name,
            "fleet/name": workers.fleet.name,
            "fleet/role": workers.fleet.role_arn,
            "key/arn": foundation.key.arn,
            "pepper/arn": storage.pepper.arn,
            "table/name": storage.table.name,
            "vpc/id": network.id,
            "web-acl/arn": api.web_acl.resource.arn,
            **{f"functions/{name}": function.arn for name, function in functions.items()},
            **{f"{name}/url": queue.url for name, queue in events.queues.items()},
            **{f"{name}/dead-letters": queue.dead_letters.url for name, queue in events.queues.items()},
        },
    )
