"""Detection of unusual costs."""

import json
from typing import Any

from cdktf_cdktf_provider_aws.ce_anomaly_monitor import CeAnomalyMonitor
from cdktf_cdktf_provider_aws.ce_anomaly_subscription import (
    CeAnomalySubscription,
    CeAnomalySubscriptionSubscriber,
    CeAnomalySubscriptionThresholdExpressionAnd,
)
from constructs import Construct

from constructs_lib.aws.messaging.topic import AnyTopic

UNUSUAL_PERCENT = 20  # above the expected costs; without it small variations of a large bill would count


class CostAnomalies(Construct):
    """Creates a Cost Explorer anomaly monitor, and a subscription that notifies a topic at once.

    It notifies when costs exceed the expected ones by both `impact_usd` and 20 %.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        impact_usd: int,
        topic: AnyTopic,
        tag: tuple[str, str] | None = None,
    ) -> None:
        """Monitors the costs of resources with `tag`, a key and its value.

        Without it, it monitors each service of the whole account; an account can have one such monitor.
        """
        super().__init__(scope, id)
        monitor = CeAnomalyMonitor(self, "Resource", name=name, **_monitored(tag))
        CeAnomalySubscription(
            self,
            "Subscription",
            name=name,
            frequency="IMMEDIATE",  # the only frequency that AWS allows for topics
            monitor_arn_list=[monitor.arn],
            subscriber=[CeAnomalySubscriptionSubscriber(type="SNS", address=topic.arn)],
            threshold_expression={
                "and_": [
                    _at_least("ANOMALY_TOTAL_IMPACT_ABSOLUTE", impact_usd),
                    _at_least("ANOMALY_TOTAL_IMPACT_PERCENTAGE", UNUSUAL_PERCENT),
                ]
            },
        )


def _monitored(tag: tuple[str, str] | None) -> dict[str, Any]:
    if tag is None:
        return {"monitor_type": "DIMENSIONAL", "monitor_dimension": "SERVICE"}
    tags = {"Key": tag[0], "Values": [tag[1]], "MatchOptions": None}
    # Cost Explorer returns every member of the expression, and Terraform compares the texts.
    others = dict.fromkeys(("And", "CostCategories", "Dimensions", "Not", "Or"))
    return {"monitor_type": "CUSTOM", "monitor_specification": json.dumps({**others, "Tags": tags})}


def _at_least(key: str, value: int) -> CeAnomalySubscriptionThresholdExpressionAnd:
    return CeAnomalySubscriptionThresholdExpressionAnd(
        dimension={"key": key, "match_options": ["GREATER_THAN_OR_EQUAL"], "values": [str(value)]}
    )
