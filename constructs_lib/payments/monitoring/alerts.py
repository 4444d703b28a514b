"""The topics that tell people."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.messaging.existing_topic import ExistingTopic
from constructs_lib.aws.messaging.topic import AnyTopic, Publisher, Topic
from constructs_lib.aws.security.key import AnyKey
from constructs_lib.settings.existing_resources import UsedTopics
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import AlertsSettings

NONE_USED = UsedTopics()


class Alerts(Construct):
    """A topic for each who has to act: on costs, on operations, on security."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        account: Account,
        key: AnyKey,
        endpoints: AlertsSettings,
        existing: UsedTopics = NONE_USED,
    ) -> None:
        """`existing`: ARNs of topics that are used instead of making them."""
        super().__init__(scope, id)
        alarms = Publisher("cloudwatch.amazonaws.com", account.arn("cloudwatch", f"alarm:{naming.prefix}-*"))
        # EventBridge tells SNS no source (EventBridge user guide, "Resource-based policies": no conditions in
        # topic policies; SNS developer guide, "Key management": none on its source in key policies either).
        rules = Publisher("events.amazonaws.com", None)
        budgets = Publisher("budgets.amazonaws.com", account.global_arn("budgets", "*"))
        anomalies = Publisher("costalerts.amazonaws.com", account.global_arn("ce", "anomalysubscription/*"))
        told = {
            "cost": ((budgets, anomalies), endpoints.cost),
            "ops": ((alarms, rules), endpoints.ops),
            "security": ((rules,), endpoints.security),
        }

        def topic(name: str, publishers: tuple[Publisher, ...], to: tuple[str, ...]) -> AnyTopic:
            arn: str | None = getattr(existing, name)
            if arn:
                return ExistingTopic(self, name.capitalize(), arn=arn)
            return Topic(
                self,
                name.capitalize(),
                name=naming.name(f"{name}-alerts"),
                key=key,
                publishers=publishers,
                endpoints=to,
            )

        self.cost, self.ops, self.security = (topic(name, *admitted) for name, admitted in told.items())
