"""CloudWatch dashboards and their widgets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from constructs import Construct

from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.monitoring.metric import Expression, Measure, Metric

GRID = 24  # columns of a dashboard


class Widget(Protocol):
    """Describes one rectangle of a dashboard, with `width` and `height` in grid units."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def render(self, region: str) -> dict[str, Any]:
        """Returns `type` and `properties` (CloudWatch API, "Dashboard body structure and syntax")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Represents a graph of lines, by their labels; `period` in seconds."""

    title: str
    lines: Mapping[str, Measure]
    period: int = 300
    width: int = 8
    height: int = 6

    def render(self, region: str) -> dict[str, Any]:
        metrics = [entry for label, measure in self.lines.items() for entry in _line(label, measure)]
        properties = {"title": self.title, "region": region, "period": self.period, "metrics": metrics}
        return {"type": "metric", "properties": {**properties, "view": "timeSeries", "stacked": False}}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTable:
    """Represents the result of a Logs Insights query, which runs and costs money only when displayed.

    `query` must have single quotes only: a double quote would end the Terraform expression of the dashboard.
    """

    title: str
    log_group: LogGroup
    query: str
    width: int = 12
    height: int = 6

    def render(self, region: str) -> dict[str, Any]:
        query = f"SOURCE '{self.log_group.name}' | {self.query}"
        return {
            "type": "log",
            "properties": {"title": self.title, "region": region, "query": query, "view": "table"},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Represents a Markdown text."""

    markdown: str
    width: int = GRID
    height: int = 2

    def render(self, region: str) -> dict[str, Any]:
        return {"type": "text", "properties": {"markdown": self.markdown}}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmStates:
    """Represents the states of alarms."""

    title: str
    arns: Sequence[str]
    width: int = GRID
    height: int = 4

    def render(self, region: str) -> dict[str, Any]:
        return {"type": "alarm", "properties": {"title": self.title, "alarms": list(self.arns)}}


class Dashboard(Construct):
    """Creates a dashboard with its widgets from left to right, as many in a row as fit."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, region: str, widgets: Sequence[Widget]
    ) -> None:
        super().__init__(scope, id)
        self.resource = CloudwatchDashboard(
            self,
            "Resource",
            dashboard_name=name,
            dashboard_body=Fn.jsonencode({"start": "-P1D", "widgets": _layout(widgets, region)}),
        )
        self.name: str = self.resource.dashboard_name
        self.arn: str = self.resource.dashboard_arn


def _layout(widgets: Sequence[Widget], region: str) -> list[dict[str, Any]]:
    placed: list[dict[str, Any]] = []
    x = y = tallest = 0
    for widget in widgets:
        if x + widget.width > GRID:
            x, y, tallest = 0, y + tallest, 0
        position = {"x": x, "y": y, "width": widget.width, "height": widget.height}
        placed.append({**position, **widget.render(region)})
        x, tallest = x + widget.width, max(tallest, widget.height)
    return placed


def _line(label: str, measure: Measure) -> list[list[Any]]:
    if isinstance(measure, Metric):
        return [_entry(measure, {"label": label})]
    hidden = [_entry(metric, {"id": name, "visible": False}) for name, metric in measure.metrics.items()]
    return [*hidden, [_expression(label, measure)]]


def _entry(metric: Metric, options: Mapping[str, Any]) -> list[Any]:
    dimensions = [word for pair in metric.dimensions.items() for word in pair]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.statistic, **options}]


def _expression(label: str, expression: Expression) -> dict[str, Any]:
    # Ids of expressions match [a-z][A-Za-z0-9_]*. cdktf does not escape quotes in arguments of Terraform
    # functions.
    text = expression.text.replace('"', r"\"")
    return {"expression": text, "label": label, "id": re.sub(r"\W", "_", label.lower())}
