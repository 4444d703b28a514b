"""What others are told: names, ARNs and URLs, as parameters and as outputs."""

from __future__ import annotations

from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.payments.components.api import Api
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.fleet import Workers
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.functions import Functions
from constructs_lib.payments.components.storage import Storage
from constructs_lib.payments.monitoring.dashboards import Dashboards
from constructs_lib.payments.published import Published


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
            "dashboards/cost": dashboards.cost.resource.dashboard_name,
            "dashboards/operations": dashboards.operations.resource.dashboard_name,
            "dashboards/security": dashboards.security.resource.dashboard_name,
            "fleet/name": workers.fleet.name,
            "fleet/role": workers.fleet.role_arn,
            "functions/authorizer": functions.authorizer.arn,
            "functions/event-handler": functions.event_handler.arn,
            "functions/payment-processor": functions.payment_processor.arn,
            "functions/rotation": functions.rotation.arn,
            "functions/sweeper": functions.sweeper.arn,
            "functions/webhook-sender": functions.webhook_sender.arn,
            "key/arn": foundation.key.arn,
            "pepper/arn": storage.pepper.arn,
            "queue/url": events.queue.url,
            "queue/dead-letters": events.queue.dead_letters.url,
            "settlements/dead-letters": events.settlements.dead_letters.url,
            "settlements/url": events.settlements.url,
            "table/name": storage.table.name,
            "vpc/id": network.id,
            "webhooks/dead-letters": events.webhooks.dead_letters.url,
            "webhooks/url": events.webhooks.url,
            "web-acl/arn": api.web_acl.resource.arn,
        },
    )
