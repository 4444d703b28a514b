"""Alarms and dashboards of a synthesized stack, as rows to compare."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.constructs_lib.conftest import Synthesized

DASHBOARDS = ("Cost", "Security", "Operations")
type Metric = tuple[str, str, dict[str, str], str]


def alarms(made: Synthesized) -> dict[str, dict[str, Any]]:
    """Returns metric alarms by name, without `payments-<environment>-`."""
    return {
        body["alarm_name"].split("-", 2)[2]: body for body in made.all("aws_cloudwatch_metric_alarm").values()
    }


def metrics_of_alarm(alarm: dict[str, Any]) -> Iterator[Metric]:
    """Yields namespace, name, dimensions and statistic of all that an alarm measures."""
    if "metric_query" not in alarm:
        statistic = alarm.get("statistic") or alarm["extended_statistic"]
        yield alarm["namespace"], alarm["metric_name"], alarm.get("dimensions", {}), statistic
    for query in alarm.get("metric_query", []):
        if one := query.get("metric"):
            yield one["namespace"], one["metric_name"], one["dimensions"], one["stat"]


def widgets(made: Synthesized, dashboard: str) -> list[dict[str, Any]]:
    """Returns the widgets of a dashboard; references read `${aws_sqs_queue.x.name}`, as elsewhere."""
    body = made.named("aws_cloudwatch_dashboard", f"Dashboards_{dashboard}")["dashboard_body"]
    text = body.removeprefix("${jsonencode(").removesuffix(")}")
    text = re.sub(r'(?<!\\)" = ', '": ', text)
    text = re.sub(r"(?<=[\[:, ])(aws_[\w.]+)(?=[\],}])", r'"${\1}"', text)
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def metrics_of_widget(widget: dict[str, Any]) -> Iterator[Metric]:
    """Yields the same of a graph; nothing of other widgets."""
    for namespace, *rest in widget["properties"].get("metrics", []):
        if rest:
            name, *dimensions, options = rest
            yield (
                namespace,
                name,
                dict(zip(dimensions[::2], dimensions[1::2], strict=True)),
                options["stat"],
            )
