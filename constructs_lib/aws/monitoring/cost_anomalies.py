"""Costs that are not as usual."""

from __future__ import annotations

import json
from typing import Any

from cdktf_cdktf_provider_aws.ce_anomaly_monitor import CeAnomalyMonitor
from cdktf_cdktf_provider_aws.ce_anomaly_subscription import (
    CeAnomalySubscription,
    CeAnomalySubscriptionSubscriber,
    CeAnomalySubscriptionThresholdExpression,
    CeAnomalySubscriptionThresholdExpressionAnd,
    CeAnomalySubscriptionThresholdExpressionAndDimension,
)
from constructs import Construct

from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.settings.settings import AnomalyMonitor

UNUSUAL_PERCENT = 20  # over what was expected, besides the dollars: a large bill varies by small parts


class CostAnomalies(Construct):
    """A monitor that learns what is usual; the topic is told of what costs `impact_usd` more and stands out.

    Nothing at all where it is off.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        environment: str,
        watch: AnomalyMonitor,
        impact_usd: int,
        topic: AnyTopic,
    ) -> None:
        super().__init__(scope, id)
        if watch is AnomalyMonitor.OFF:
            return
        monitor = CeAnomalyMonitor(self, "Resource", name=name, **_monitored(watch, environment))
        CeAnomalySubscription(
            self,
            "Subscription",
            name=name,
            frequency="IMMEDIATE",  # the only one that a topic takes
            monitor_arn_list=[monitor.arn],
            subscriber=[CeAnomalySubscriptionSubscriber(type="SNS", address=topic.arn)],
            threshold_expression=CeAnomalySubscriptionThresholdExpression(
                and_=[
                    _at_least("ANOMALY_TOTAL_IMPACT_ABSOLUTE", impact_usd),
                    _at_least("ANOMALY_TOTAL_IMPACT_PERCENTAGE", UNUSUAL_PERCENT),
                ]
            ),
        )


def _monitored(watch: AnomalyMonitor, environment: str) -> dict[str, Any]:
    if watch is AnomalyMonitor.ACCOUNT:
        return {"monitor_type": "DIMENSIONAL", "monitor_dimension": "SERVICE"}
    tags = {"Key": "Environment", "Values": [environment], "MatchOptions": None}
    # Cost Explorer gives back every member of the expression, and Terraform compares the texts.
    others = dict.fromkeys(("And", "CostCategories", "Dimensions", "Not", "Or"))
    return {"monitor_type": "CUSTOM", "monitor_specification": json.dumps({**others, "Tags": tags})}


def _at_least(key: str, value: int) -> CeAnomalySubscriptionThresholdExpressionAnd:
    return CeAnomalySubscriptionThresholdExpressionAnd(
        dimension=CeAnomalySubscriptionThresholdExpressionAndDimension(
            key=key, match_options=["GREATER_THAN_OR_EQUAL"], values=[str(value)]
        )
    )
