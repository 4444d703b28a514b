"""Alarms and incidents as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constructs_lib.aws.monitoring.alarm import Comparison, MissingData
from constructs_lib.aws.monitoring.metric import Measure

RUNBOOK = "docs/runbook.md"


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
    """Represents several alarms with one cause, for which one composite alarm notifies the operators."""

    name: str
    description: str
    alarms: Sequence[str]


def with_runbook(description: str, anchor: str) -> str:
    """Returns a description that ends with the link to a section of the runbook."""
    return f"{description} What to do: {RUNBOOK}#{anchor}"
