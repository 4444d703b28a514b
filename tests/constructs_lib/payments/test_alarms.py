"""Alarms: thresholds, metrics, notifications and runbook sections."""

import re
from pathlib import Path

import pytest

from tests.constructs_lib.conftest import Synthesized, environment
from tests.constructs_lib.payments.monitoring import alarms

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
OPS = "${aws_sns_topic.Alerts_Ops.arn}"


@pytest.fixture(scope="module")
def dev() -> Synthesized:
    return environment("dev")


@pytest.mark.parametrize(
    ("name", "lambda_errors", "dynamodb_throttles", "api_4xx", "api_5xx", "ec2_cpu_percent"),
    [("dev", 10, 20, 200, 100, 90), ("staging", 5, 10, 100, 50, 80), ("prod", 3, 5, 50, 20, 70)],
)
def test_each_environment_alarms_at_its_exact_figures(
    name: str, lambda_errors: int, dynamodb_throttles: int, api_4xx: int, api_5xx: int, ec2_cpu_percent: int
) -> None:
    figures = {
        "payment-processor-errors": lambda_errors,
        "event-handler-errors": lambda_errors,
        "authorizer-failures": lambda_errors,
        "table-throttles": dynamodb_throttles,
        "api-4xx": api_4xx,
        "api-5xx": api_5xx,
        "fleet-cpu": ec2_cpu_percent,
    }
    made = alarms(environment(name))
    for alarm, threshold in figures.items():
        assert made[alarm]["threshold"] == threshold
        assert made[alarm]["comparison_operator"] == "GreaterThanOrEqualToThreshold"


@pytest.mark.parametrize(
    ("name", "slow", "age", "workers"),
    [
        ("dev", {"payment-processor": 24_000, "event-handler": 48_000, "authorizer": 4_000}, 360, 1),
        ("prod", {"payment-processor": 48_000, "event-handler": 96_000, "authorizer": 4_000}, 720, 2),
    ],
)
def test_what_follows_from_other_settings_does(
    name: str, slow: dict[str, int], age: int, workers: int
) -> None:
    made = alarms(environment(name))
    assert {function: made[f"{function}-slow"]["threshold"] for function in slow} == slow
    assert made["payment-events-age"]["threshold"] == age
    assert made["fleet-short"]["threshold"] == workers
    assert made["fleet-short"]["comparison_operator"] == "LessThanThreshold"


def test_a_simple_alarm_is_exactly_this(dev: Synthesized) -> None:
    assert alarms(dev)["payment-processor-slow"] == {
        "alarm_name": "payments-dev-payment-processor-slow",
        "alarm_description": (
            "The slowest 1 % of invocations of payment-processor take over 80 % of its time-out. "
            "What to do: docs/runbook.md#function-slow"
        ),
        "namespace": "AWS/Lambda",
        "metric_name": "Duration",
        "dimensions": {"FunctionName": "${aws_lambda_function.PaymentProcessor.function_name}"},
        "extended_statistic": "p99",
        "period": 300,
        "threshold": 24_000,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "datapoints_to_alarm": 2,
        "evaluation_periods": 3,
        "treat_missing_data": "notBreaching",
        "alarm_actions": [OPS],
        "ok_actions": [OPS],
    }


@pytest.mark.parametrize(
    ("alarm", "expression", "metrics"),
    [
        (
            "api-5xx-rate",
            "IF(requests >= 20, 100 * errors / requests, 0)",
            {"errors": ("5XXError", "Sum"), "requests": ("Count", "Sum")},
        ),
        (
            "table-throttles",
            "FILL(reads, 0) + FILL(writes, 0)",
            {"reads": ("ReadThrottleEvents", "Sum"), "writes": ("WriteThrottleEvents", "Sum")},
        ),
        (
            "outbox-stalled",
            "IF(FILL(commits, 0) > 0 AND FILL(events, 0) == 0, 1, 0)",
            {"commits": ("SuccessfulRequestLatency", "SampleCount"), "events": ("EventCount", "Sum")},
        ),
    ],
)
def test_metric_math_returns_one_result_over_named_metrics(
    dev: Synthesized, alarm: str, expression: str, metrics: dict[str, tuple[str, str]]
) -> None:
    result, *parts = alarms(dev)[alarm]["metric_query"]
    assert result == {"id": "result", "expression": expression, "return_data": True}
    assert {it["id"]: (it["metric"]["metric_name"], it["metric"]["stat"]) for it in parts} == metrics
    assert {it["metric"]["period"] for it in parts} == {300}
    assert not any("return_data" in it for it in parts)


def test_one_failed_rotation_is_told(dev: Synthesized) -> None:
    alarm = alarms(dev)["rotation-failing"]
    assert (alarm["metric_name"], alarm["threshold"], alarm["alarm_actions"]) == ("Errors", 1, [OPS])
    assert alarm["dimensions"] == {"FunctionName": "${aws_lambda_function.Rotation.function_name}"}


def test_only_workers_that_say_nothing_are_alarming(dev: Synthesized) -> None:
    silent = {name for name, it in alarms(dev).items() if it["treat_missing_data"] == "breaching"}
    assert silent == {"fleet-short"}


def test_a_refused_credential_is_no_failure_of_the_authorizer(dev: Synthesized) -> None:
    assert "authorizer-errors" not in alarms(dev)
    assert dev.named("aws_cloudwatch_log_metric_filter", "Alarms_AuthorizerFailed") == {
        "name": "AuthorizerFailures",
        "log_group_name": "${aws_cloudwatch_log_group.ApiLogGroup.name}",
        "pattern": '{ ($.error = "AUTHORIZER_FAILURE") || ($.error = "AUTHORIZER_CONFIGURATION_ERROR") }',
        "metric_transformation": {
            "name": "AuthorizerFailures",
            "namespace": "payments-dev",
            "value": "1",
        },
    }


@pytest.mark.parametrize(
    ("name", "figure"), [("SettlementDifferences", "differences"), ("DailyLedgerBreaks", "breaks")]
)
def test_a_difference_or_a_break_rings_until_a_day_has_none(dev: Synthesized, name: str, figure: str) -> None:
    made = dev.named("aws_cloudwatch_log_metric_filter", f"Alarms_Logged{name}")
    assert made["pattern"] == '{ $.message = "reconciled" }'
    assert made["metric_transformation"] == {
        "name": name,
        "namespace": "payments-dev",
        "value": f"$.{figure}",
    }
    [alarm] = [it for it in alarms(dev).values() if it.get("metric_name") == name]
    assert (alarm["threshold"], alarm["treat_missing_data"]) == (1, "ignore")


# Notifications


def test_an_incident_alarms_with_any_of_its_alarms(dev: Synthesized) -> None:
    assert dev.named("aws_cloudwatch_composite_alarm", "Alarms_EventsLate") == {
        "alarm_name": "payments-dev-events-late",
        "alarm_description": (
            "Payments are stored, but events do not reach the bus, the queue or the audit bucket. "
            "What to do: docs/runbook.md#events-late"
        ),
        "alarm_rule": " OR ".join(
            f'ALARM("${{aws_cloudwatch_metric_alarm.Alarms_{id}.alarm_name}}")'
            for id in (
                "OutboxFailing",
                "OutboxStalled",
                "QueueAge",
                "EventHandlerErrors",
                "EventHandlerThrottles",
            )
        ),
        "alarm_actions": [OPS],
        "ok_actions": [OPS],
    }


def test_the_ops_topic_hears_of_every_alarm_once_by_itself_or_by_its_one_incident(dev: Synthesized) -> None:
    rules = [it["alarm_rule"] for it in dev.all("aws_cloudwatch_composite_alarm").values()]
    members = [id for rule in rules for id in re.findall(r"metric_alarm\.(\w+)\.alarm_name", rule)]
    assert len(members) == len(set(members))
    for id, alarm in dev.all("aws_cloudwatch_metric_alarm").items():
        topics = None if id in members else [OPS]
        assert (alarm.get("alarm_actions"), alarm.get("ok_actions")) == (topics, topics), id


# The runbook


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_every_alarm_links_to_a_section_that_says_what_it_means_and_what_to_do(name: str) -> None:
    made = environment(name)
    _, *sections = RUNBOOK.read_text(encoding="utf-8").split("\n## ")
    texts = {it.partition("\n")[0].lower().replace(" ", "-"): it for it in sections}
    bodies = [*alarms(made).values(), *made.all("aws_cloudwatch_composite_alarm").values()]
    links = {re.sub(r"^.* What to do: docs/runbook\.md#", "", it["alarm_description"]) for it in bodies}
    assert links == set(texts) - {"cost-alerts", "security-alerts"}
    for text in texts.values():
        assert re.findall(r"^\*\*([\w ]+):\*\*", text, re.MULTILINE) == ["Means", "First look", "Then"]
