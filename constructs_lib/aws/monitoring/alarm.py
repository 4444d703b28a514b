"""CloudWatch alarms."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_composite_alarm import CloudwatchCompositeAlarm
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
)
from constructs import Construct

from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.aws.monitoring.metric import Expression, Measure, Metric

PERIOD = 300  # seconds


class Comparison(StrEnum):
    """Compares a measure with the threshold."""

    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"


class MissingData(StrEnum):
    """Decides about periods without data."""

    NOT_BREACHING = "notBreaching"  # for counts: the event did not happen
    BREACHING = "breaching"  # for measures that must always exist
    IGNORE = "ignore"  # for daily measures: the alarm keeps its state until the next day


class Alarm(Construct):
    """Creates an alarm that notifies a topic when it begins and when it ends.

    It alarms when `datapoints_to_alarm` of the last `evaluation_periods` of five minutes breach the
    threshold.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        measure: Measure,
        threshold: float,
        comparison: Comparison = Comparison.AT_LEAST,
        datapoints_to_alarm: int = 1,
        evaluation_periods: int = 1,
        missing_data: MissingData = MissingData.NOT_BREACHING,
        topic: AnyTopic | None = None,
    ) -> None:
        """Omit `topic` for alarms of a composite alarm, which notifies instead."""
        super().__init__(scope, id)
        actions = [topic.arn] if topic else None
        self.resource = CloudwatchMetricAlarm(
            self,
            "Resource",
            alarm_name=name,
            alarm_description=description,
            comparison_operator=comparison.value,
            threshold=threshold,
            datapoints_to_alarm=datapoints_to_alarm,
            evaluation_periods=evaluation_periods,
            treat_missing_data=missing_data.value,
            alarm_actions=actions,
            ok_actions=actions,
            **_measured(measure),
        )
        self.name: str = self.resource.alarm_name
        self.arn: str = self.resource.arn


class CompositeAlarm(Construct):
    """Creates an alarm that is on while any of its alarms is, and notifies a topic of its begin and end."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        alarms: Iterable[Alarm],
        topic: AnyTopic,
    ) -> None:
        super().__init__(scope, id)
        self.resource = CloudwatchCompositeAlarm(
            self,
            "Resource",
            alarm_name=name,
            alarm_description=description,
            alarm_rule=" OR ".join(f'ALARM("{alarm.name}")' for alarm in alarms),
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
        )
        self.name: str = self.resource.alarm_name
        self.arn: str = self.resource.arn


def _measured(measure: Measure) -> dict[str, Any]:
    if isinstance(measure, Expression):
        queries = [CloudwatchMetricAlarmMetricQuery(id="result", expression=measure.text, return_data=True)]
        queries += [
            CloudwatchMetricAlarmMetricQuery(id=name, metric=_metric(metric) | {"stat": metric.statistic})
            for name, metric in measure.metrics.items()
        ]
        return {"metric_query": queries}
    # The provider has a separate argument for percentiles.
    statistic = "extended_statistic" if measure.statistic.startswith("p") else "statistic"
    return _metric(measure) | {statistic: measure.statistic}


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "period": PERIOD,
    }
