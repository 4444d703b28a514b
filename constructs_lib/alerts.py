"""The topics that tell people."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.account import Account
from constructs_lib.environment import AlertsSettings
from constructs_lib.key import Key
from constructs_lib.naming import Naming
from constructs_lib.topic import Publisher, Topic


class Alerts(Construct):
    """A topic for each who has to act: on costs, on operations, on security."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        account: Account,
        key: Key,
        endpoints: AlertsSettings,
    ) -> None:
        super().__init__(scope, id)
        alarms = Publisher(
            "Alarms", "cloudwatch.amazonaws.com", account.arn("cloudwatch", f"alarm:{naming.prefix}-*")
        )
        # EventBridge tells SNS no source (EventBridge user guide, "Resource-based policies": no conditions in
        # topic policies; SNS developer guide, "Key management": none on its source in key policies either).
        rules = Publisher("EventRules", "events.amazonaws.com", None)
        budgets = Publisher("Budgets", "budgets.amazonaws.com", _without_region(account, "budgets", "*"))
        anomalies = Publisher(
            "CostAnomalies",
            "costalerts.amazonaws.com",
            _without_region(account, "ce", "anomalysubscription/*"),
        )
        told = {
            "cost": ((budgets, anomalies), endpoints.cost),
            "ops": ((alarms, rules), endpoints.ops),
            "security": ((rules,), endpoints.security),
        }
        self.cost, self.ops, self.security = (
            Topic(
                self,
                topic.capitalize(),
                name=naming.name(f"{topic}-alerts"),
                account=account,
                key=key,
                publishers=publishers,
                endpoints=to,
            )
            for topic, (publishers, to) in told.items()
        )


def _without_region(account: Account, service: str, resource: str) -> str:
    return f"arn:{account.partition}:{service}::{account.id}:{resource}"
