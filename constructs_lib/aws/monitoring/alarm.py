"""Alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_composite_alarm import CloudwatchCompositeAlarm
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.aws.monitoring.metric import Expression, Measure, Metric
from constructs_lib.settings.naming import Naming

RUNBOOK = "docs/runbook.md"
PERIOD = 300  # seconds


class Comparison(StrEnum):
    """Against the threshold."""

    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"


class MissingData(StrEnum):
    """What a period without data means."""

    NOT_BREACHING = "notBreaching"  # what is counted did not happen
    BREACHING = "breaching"  # what should always be there says nothing
    IGNORE = "ignore"  # what is measured once a day stays as it was until the next day


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """Represents one alarm.

    It alarms when `datapoints_to_alarm` of the last `evaluation_periods` of five minutes breach the
    threshold. `runbook` is the anchor of a heading in the runbook.
    """

    name: str
    runbook: str
    description: str
    measure: Measure
    threshold: float
    comparison: Comparison = Comparison.AT_LEAST
    datapoints_to_alarm: int = 1
    evaluation_periods: int = 1
    missing_data: MissingData = MissingData.NOT_BREACHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Several alarms that mean one thing: whoever is on call is told once, by the incident."""

    name: str
    description: str
    alarms: Sequence[str]


class Alarm(Construct):
    """One row of a table of alarms; without a topic, an incident tells."""

    def __init__(
        self, scope: Construct, id: str, *, naming: Naming, row: AlarmRow, topic: AnyTopic | None
    ) -> None:
        super().__init__(scope, id)
        told = [topic.arn] if topic else None
        self.resource = CloudwatchMetricAlarm(
            self,
            "Resource",
            alarm_name=naming.name(row.name),
            alarm_description=describe(row.description, row.runbook),
            comparison_operator=row.comparison.value,
            threshold=row.threshold,
            datapoints_to_alarm=row.datapoints_to_alarm,
            evaluation_periods=row.evaluation_periods,
            treat_missing_data=row.missing_data.value,
            alarm_actions=told,
            ok_actions=told,
            **_measured(row.measure),
        )


class IncidentAlarm(Construct):
    """Alarms while any of its alarms does."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        incident: Incident,
        alarms: Mapping[str, Alarm],
        topic: AnyTopic,
    ) -> None:
        super().__init__(scope, id)
        self.resource = CloudwatchCompositeAlarm(
            self,
            "Resource",
            alarm_name=naming.name(incident.name),
            alarm_description=describe(incident.description, incident.name),
            alarm_rule=" OR ".join(
                f'ALARM("{alarms[name].resource.alarm_name}")' for name in incident.alarms
            ),
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
        )


def describe(description: str, anchor: str) -> str:
    return f"{description} What to do: {RUNBOOK}#{anchor}"


def _measured(measure: Measure) -> dict[str, Any]:
    if isinstance(measure, Expression):
        return {"metric_query": _queries(measure)}
    # Percentiles have an argument of their own.
    statistic = "extended_statistic" if measure.statistic.startswith("p") else "statistic"
    return {
        "namespace": measure.namespace,
        "metric_name": measure.name,
        "dimensions": dict(measure.dimensions),
        "period": PERIOD,
        statistic: measure.statistic,
    }


def _queries(expression: Expression) -> list[CloudwatchMetricAlarmMetricQuery]:
    result = CloudwatchMetricAlarmMetricQuery(id="result", expression=expression.text, return_data=True)
    return [result, *(_query(name, metric) for name, metric in expression.metrics.items())]


def _query(name: str, metric: Metric) -> CloudwatchMetricAlarmMetricQuery:
    return CloudwatchMetricAlarmMetricQuery(
        id=name,
        metric=CloudwatchMetricAlarmMetricQueryMetric(
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=dict(metric.dimensions),
            period=PERIOD,
            stat=metric.statistic,
        ),
    )
