"""Dashboards: widgets and their layout."""

import re
from itertools import combinations
from typing import Any

import pytest

from constructs_lib.aws.monitoring.dashboard import Dashboard, Graph, Text
from constructs_lib.aws.monitoring.metric import Expression, Metric
from tests.constructs_lib.conftest import Builder, Synthesized, environment
from tests.constructs_lib.payments.monitoring import DASHBOARDS, widgets


@pytest.fixture(scope="module")
def dev() -> Synthesized:
    return environment("dev")


def _titles(made: Synthesized, dashboard: str) -> set[str]:
    return {it["properties"].get("title", "") for it in widgets(made, dashboard)}


def test_there_are_three_dashboards_named_after_what_they_show(dev: Synthesized) -> None:
    names = {body["dashboard_name"] for body in dev.all("aws_cloudwatch_dashboard").values()}
    assert names == {"payments-dev-cost", "payments-dev-security", "payments-dev-operations"}


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_widgets_fill_the_grid_and_never_overlap(dev: Synthesized, dashboard: str) -> None:
    shown = widgets(dev, dashboard)
    assert shown
    for it in shown:
        assert it["x"] + it["width"] <= 24
    for one, other in combinations(shown, 2):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        assert beside or one["y"] + one["height"] <= other["y"]


def _graphs(made: Synthesized) -> list[dict[str, Any]]:
    return [
        it["properties"]
        for dashboard in DASHBOARDS
        for it in widgets(made, dashboard)
        if it["type"] == "metric"
    ]


def test_ids_of_a_graph_are_its_own_and_every_expression_uses_those_of_its_graph(dev: Synthesized) -> None:
    for graph in _graphs(dev):
        options = [entry[-1] for entry in graph["metrics"]]
        ids = [it["id"] for it in options if "id" in it]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch("[a-z][A-Za-z0-9_]*", id) for id in ids)
        for it in options:
            unquoted = re.sub('"[^"]*"', "", it.get("expression", ""))
            assert set(re.findall(r"\b[a-z]\w*", unquoted)) <= set(ids)


def test_a_graph_has_lines_and_every_line_a_label(dev: Synthesized) -> None:
    for graph in _graphs(dev):
        labels = [
            entry[-1].get("label") for entry in graph["metrics"] if entry[-1].get("visible") is not False
        ]
        assert labels
        assert all(labels)


def test_the_operations_dashboard_begins_with_every_alarm_incidents_first(dev: Synthesized) -> None:
    first = widgets(dev, "Operations")[0]
    assert first["type"] == "alarm"
    shown = first["properties"]["alarms"]
    incidents, alarms = (
        [f"${{{kind}.{id}.arn}}" for id in dev.all(kind)]
        for kind in ("aws_cloudwatch_composite_alarm", "aws_cloudwatch_metric_alarm")
    )
    assert len(shown) == len(set(shown))
    assert set(shown[: len(incidents)]) == set(incidents)
    assert set(shown[len(incidents) :]) == set(alarms)


def test_the_cost_dashboard_names_the_budget_and_draws_days(dev: Synthesized) -> None:
    text, *graphs = widgets(dev, "Cost")
    assert "**100 USD a month**" in text["properties"]["markdown"]
    assert {graph["properties"]["period"] for graph in graphs} == {86_400}


@pytest.mark.parametrize(("name", "megabytes"), [("dev", 512), ("prod", 1024)])
def test_functions_cost_their_time_times_their_memory(name: str, megabytes: int) -> None:
    [graph] = [
        it["properties"]["metrics"]
        for it in widgets(environment(name), "Cost")
        if it["properties"].get("title") == "Functions: GB-seconds"
    ]
    functions = environment(name).all("aws_lambda_function").values()
    names = {it["function_name"].removeprefix(f"payments-{name}-").replace("-", "_") for it in functions}
    assert {entry[-1]["expression"] for entry in graph if "expression" in entry[-1]} == {
        f"{function}_ms / 1000 * {megabytes} / 1024" for function in names
    }


def test_the_security_dashboard_shows_who_was_refused_by_what(dev: Synthesized) -> None:
    assert _titles(dev, "Security") == {
        "Web ACL: blocked requests by rule",
        "Credentials",
        "Security alerts",
        "Refused requests by address",
        "Requests by key",
        "Blocked requests by rule and address",
        "Refused connections in the network",
    }


def test_a_log_table_asks_a_log_group_of_the_stack_without_double_quotes(dev: Synthesized) -> None:
    queries = {
        it["properties"]["title"]: it["properties"]["query"]
        for dashboard in DASHBOARDS
        for it in widgets(dev, dashboard)
        if it["type"] == "log"
    }
    assert queries.keys() == {
        "Blocked requests by rule and address",
        "Latest failed requests",
        "Refused connections in the network",
        "Refused requests by address",
        "Requests by key",
    }
    for query in queries.values():
        found = re.match(r"SOURCE '\$\{aws_cloudwatch_log_group\.(\w+)\.name\}' \| ", query)
        assert found
        assert found[1] in dev.all("aws_cloudwatch_log_group")
        assert '"' not in query


def test_widgets_flow_from_left_to_right_and_wrap(build: Builder) -> None:
    requests = Metric("AWS/ApiGateway", "Count", {"ApiName": "a", "Stage": "s"})
    Dashboard(
        build.stack,
        "Dashboards_Tried",
        name="tried",
        region="eu-west-1",
        widgets=[
            Text(markdown="# One"),
            Graph(title="a", lines={"all": requests}, width=12),
            Graph(title="b", lines={"half of all": Expression("m / 2", {"m": requests})}, width=16),
        ],
    )
    text, one, two = widgets(build.synth(), "Tried")
    assert text == {
        "type": "text",
        "x": 0,
        "y": 0,
        "width": 24,
        "height": 2,
        "properties": {"markdown": "# One"},
    }
    assert one == {
        "type": "metric",
        "x": 0,
        "y": 2,
        "width": 12,
        "height": 6,
        "properties": {
            "title": "a",
            "region": "eu-west-1",
            "period": 300,
            "metrics": [
                ["AWS/ApiGateway", "Count", "ApiName", "a", "Stage", "s", {"stat": "Sum", "label": "all"}]
            ],
            "view": "timeSeries",
            "stacked": False,
        },
    }
    assert (two["x"], two["y"]) == (0, 8)
    assert two["properties"]["metrics"] == [
        [*one["properties"]["metrics"][0][:-1], {"stat": "Sum", "id": "m", "visible": False}],
        [{"expression": "m / 2", "label": "half of all", "id": "half_of_all"}],
    ]
