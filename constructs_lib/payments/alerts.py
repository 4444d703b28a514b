"""Alert topics: one each for costs, operations and security."""

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
    """Creates a topic for each group that has to act, or uses an existing one."""

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
        """`existing`: ARNs of topics that replace the created ones."""
        super().__init__(scope, id)
        alarms = Publisher("cloudwatch.amazonaws.com", account.arn("cloudwatch", f"alarm:{naming.prefix}-*"))
        # EventBridge passes no source to SNS (user guide, "Resource-based policies": no conditions
        # in topic policies; SNS developer guide, "Key management": none on its source in key policies).
        rules = Publisher("events.amazonaws.com", None)
        budgets = Publisher("budgets.amazonaws.com", account.global_arn("budgets", "*"))
        anomalies = Publisher("costalerts.amazonaws.com", account.global_arn("ce", "anomalysubscription/*"))

        def topic(name: str, *publishers: Publisher) -> AnyTopic:
            arn: str | None = getattr(existing, name)
            if arn:
                return ExistingTopic(self, name.capitalize(), arn=arn)
            return Topic(
                self,
                name.capitalize(),
                name=naming.name(f"{name}-alerts"),
                key=key,
                publishers=publishers,
                endpoints=getattr(endpoints, name),
            )

        self.cost = topic("cost", budgets, anomalies)
        self.ops = topic("ops", alarms, rules)
        self.security = topic("security", rules)
