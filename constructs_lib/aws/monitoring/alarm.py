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


class When(StrEnum):
    """Against the threshold."""

    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"


class Missing(StrEnum):
    """What a period without data means."""

    FINE = "notBreaching"  # what is counted did not happen
    ALARMING = "breaching"  # what should always be there says nothing
    UNCHANGED = "ignore"  # what is measured once a day stays as it was until the next day


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """One alarm. `enough` of the last `periods` of five minutes make it; `runbook` is a heading's anchor."""

    name: str
    runbook: str
    means: str
    measure: Measure
    threshold: float
    when: When = When.AT_LEAST
    enough: int = 1
    periods: int = 1
    missing: Missing = Missing.FINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Several alarms that mean one thing: whoever is on call is told once, by the incident."""

    name: str
    means: str
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
            alarm_description=describe(row.means, row.runbook),
            comparison_operator=row.when.value,
            threshold=row.threshold,
            datapoints_to_alarm=row.enough,
            evaluation_periods=row.periods,
            treat_missing_data=row.missing.value,
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
            alarm_description=describe(incident.means, incident.name),
            alarm_rule=" OR ".join(
                f'ALARM("{alarms[name].resource.alarm_name}")' for name in incident.alarms
            ),
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
        )


def describe(means: str, anchor: str) -> str:
    return f"{means} What to do: {RUNBOOK}#{anchor}"


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
