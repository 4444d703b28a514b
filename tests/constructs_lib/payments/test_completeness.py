"""Completeness of the real environments: everything that is synthesized has its alarms, its place on a
dashboard, its parameter, its way back from a dead-letter queue.

Resources are counted in the synthesized JSON, never in a list of the code. An exception stands here with its
reason.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import click
import pytest

from ops import cli
from ops.target import Target
from tests.constructs_lib.conftest import Synthesized, environment
from tests.constructs_lib.payments.monitoring import (
    DASHBOARDS,
    Metric,
    alarms,
    metrics_of_alarm,
    metrics_of_widget,
    widgets,
)

# For each type: the attribute that is a dimension of its metrics, and the metrics that have an alarm.
ALARMED = {
    "aws_api_gateway_rest_api": ("name", {"4XXError", "5XXError", "Count", "Latency"}),
    "aws_autoscaling_group": ("name", {"CPUUtilization", "GroupInServiceInstances"}),
    "aws_cloudwatch_event_rule": ("name", {"InvocationsFailedToBeSentToDlq"}),
    "aws_dynamodb_table": (
        "name",
        {"ReadThrottleEvents", "WriteThrottleEvents", "SuccessfulRequestLatency"},
    ),
    "aws_lambda_function": ("function_name", {"Duration", "Errors", "Throttles"}),
    "aws_nat_gateway": ("id", {"ErrorPortAllocation"}),
    "aws_pipes_pipe": ("name", {"EventCount", "ExecutionFailed"}),
}
AGE, WAITING = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
# Metrics without an alarm.
UNALARMED = {
    (
        "aws_lambda_function",
        "Authorizer",
        "Errors",
    ): "refusing a credential raises; the access log has failures",
    (
        "aws_cloudwatch_event_rule",
        "FleetFailures",
        "InvocationsFailedToBeSentToDlq",
    ): "the fleet has alarms of its own",
    (
        "aws_cloudwatch_event_rule",
        "GuardDuty_Findings",
        "InvocationsFailedToBeSentToDlq",
    ): "GuardDuty keeps its findings",
}
# The same for dashboards.
SHOWN = {
    "aws_api_gateway_rest_api": ("name", {"4XXError", "5XXError", "Count", "IntegrationLatency", "Latency"}),
    "aws_autoscaling_group": ("name", {"CPUUtilization", "GroupInServiceInstances", "mem_used_percent"}),
    "aws_dynamodb_table": (
        "name",
        {
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "SuccessfulRequestLatency",
            "WriteThrottleEvents",
        },
    ),
    "aws_lambda_function": (
        "function_name",
        {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"},
    ),
    "aws_nat_gateway": ("id", {"ActiveConnectionCount", "BytesInFromSource", "ErrorPortAllocation"}),
    "aws_pipes_pipe": ("name", {"EventCount", "ExecutionFailed"}),
}
# What others use of a resource of this type: how its parameter and its output refer to it.
PUBLISHED = {
    "aws_dynamodb_table": "${aws_dynamodb_table.%s.name}",
    "aws_lambda_function": "${aws_lambda_alias.%s_Alias.arn}",
    "aws_s3_bucket": "${aws_s3_bucket.%s.bucket}",
    "aws_sqs_queue": "${aws_sqs_queue.%s.url}",
}
UNPUBLISHED = {("aws_sqs_queue", "Undelivered"): "an operator reads it with payctl dlq, by its name"}

type Measured = dict[str, set[str]]


@pytest.fixture(scope="module", params=["dev", "staging", "prod"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(name: str) -> Synthesized:
    return environment(name)


def _by_dimension(metrics: Iterable[Metric]) -> Measured:
    """Returns the names of metrics by every value of their dimensions."""
    found: Measured = defaultdict(set)
    for _, metric, dimensions, _ in metrics:
        for value in dimensions.values():
            found[value].add(metric)
    return found


def _alarmed(made: Synthesized) -> Measured:
    return _by_dimension(it for alarm in alarms(made).values() for it in metrics_of_alarm(alarm))


def _shown(made: Synthesized) -> Measured:
    return _by_dimension(
        it
        for dashboard in DASHBOARDS
        for widget in widgets(made, dashboard)
        for it in metrics_of_widget(widget)
    )


def _lacking(made: Synthesized, wanted: Mapping[str, tuple[str, set[str]]], found: Measured) -> list[str]:
    return [
        f"{kind}.{id}: {metric}"
        for kind, (attribute, metrics) in wanted.items()
        for id in made.all(kind)
        for metric in sorted(metrics - found[f"${{{kind}.{id}.{attribute}}}"])
    ]


def _queues(made: Synthesized) -> tuple[dict[str, str], set[str]]:
    """Returns the dead-letter queue of each working queue, and all other dead-letter queues."""
    letters = {
        id: match[1]
        for id, body in made.all("aws_sqs_queue").items()
        if (match := re.search(r"aws_sqs_queue\.(\w+)\.arn", body.get("redrive_policy", "")))
    }
    return letters, made.all("aws_sqs_queue").keys() - letters.keys() - set(letters.values())


# Alarms


def test_every_nat_gateway_every_function_and_every_dead_letter_queue_is_watched(made: Synthesized) -> None:
    exceptions = {f"{kind}.{id}: {metric}" for kind, id, metric in UNALARMED}
    lacking = set(_lacking(made, ALARMED, _alarmed(made)))
    assert not lacking - exceptions, f"no alarm measures: {sorted(lacking - exceptions)}"
    there = {f"{kind}.{id}" for kind in ALARMED for id in made.all(kind)}
    outdated = {it for it in exceptions - lacking if it.partition(":")[0] in there}
    assert not outdated, f"exceptions that are none: {sorted(outdated)}"


def test_every_queue_has_an_alarm_on_its_age_and_every_dead_letter_queue_on_its_messages(
    made: Synthesized,
) -> None:
    letters, others = _queues(made)
    expected = {id: {AGE} for id in letters} | {id: {WAITING} for id in {*letters.values(), *others}}
    alarmed = _alarmed(made)
    found = {id: alarmed[f"${{aws_sqs_queue.{id}.name}}"] for id in made.all("aws_sqs_queue")}
    assert found == expected


def test_everything_that_delivers_has_a_dead_letter_queue(made: Synthesized) -> None:
    """Rules, schedules and pipes have no queue of their own to lose messages in: their targets need one."""
    letters, others = _queues(made)
    known = {f"${{aws_sqs_queue.{id}.arn}}" for id in {*letters.values(), *others}}
    deliver = {
        **{id: body for id, body in made.all("aws_cloudwatch_event_target").items()},
        **{id: body["target"] for id, body in made.all("aws_scheduler_schedule").items()},
        **{
            id: body["source_parameters"]["dynamodb_stream_parameters"]
            for id, body in made.all("aws_pipes_pipe").items()
        },
    }
    for id, body in deliver.items():
        assert body.get("dead_letter_config", {}).get("arn") in known, id
    rules = {body["rule"] for body in made.all("aws_cloudwatch_event_target").values()}
    assert rules == {
        f"${{aws_cloudwatch_event_rule.{id}.name}}" for id in made.all("aws_cloudwatch_event_rule")
    }


def test_every_queue_has_one_consumer(made: Synthesized) -> None:
    """Functions are subscribed; the fleet polls the one queue that its role may read."""
    letters, _ = _queues(made)
    sources = [it["event_source_arn"] for it in made.all("aws_lambda_event_source_mapping").values()]
    machine = made.named("aws_iam_role_policy", "Fleet_Machine_Role_Policy")["policy"]
    for id in letters:
        subscribed = sources.count(f"${{aws_sqs_queue.{id}.arn}}")
        assert subscribed + (f"aws_sqs_queue.{id}.arn" in machine) == 1, id


def test_every_figure_of_payments_has_an_alarm(made: Synthesized, name: str) -> None:
    """Functions write metrics to the first namespace; the second holds figures read from log lines."""
    found = {
        (namespace, metric)
        for alarm in alarms(made).values()
        for namespace, metric, _, _ in metrics_of_alarm(alarm)
        if not namespace.startswith("AWS/")
    }
    assert found == {
        ("Payments", "GatewayLatency"),
        ("Payments", "LedgerBreaks"),
        ("Payments", "Payments"),
        (f"payments-{name}", "AuthorizerFailures"),
        (f"payments-{name}", "DailyLedgerBreaks"),
        (f"payments-{name}", "SettlementDifferences"),
    }


# Dashboards


def test_everything_is_on_a_dashboard(made: Synthesized) -> None:
    shown = _shown(made)
    lacking = _lacking(made, SHOWN, shown)
    letters, others = _queues(made)
    wanted = {id: {AGE, WAITING, "NumberOfMessagesSent"} for id in letters}
    wanted |= {id: {WAITING} for id in {*letters.values(), *others}}
    for id, metrics in wanted.items():
        lacking += [f"aws_sqs_queue.{id}: {it}" for it in metrics - shown[f"${{aws_sqs_queue.{id}.name}}"]]
    assert not lacking, f"no dashboard shows: {lacking}"


def test_the_bytes_of_every_log_group_are_on_the_cost_dashboard(made: Synthesized) -> None:
    shown = _by_dimension(it for widget in widgets(made, "Cost") for it in metrics_of_widget(widget))
    for id in made.all("aws_cloudwatch_log_group"):
        assert "IncomingBytes" in shown[f"${{aws_cloudwatch_log_group.{id}.name}}"], id


# Dead letters


class Queues:
    """SQS and CloudWatch Logs of a stack, with one message in each dead-letter queue."""

    def __init__(self, made: Synthesized) -> None:
        letters, others = _queues(made)
        self.names = {id: body["name"] for id, body in made.all("aws_sqs_queue").items()}
        self.log_groups = {body["name"] for body in made.all("aws_cloudwatch_log_group").values()}
        self.messages = {self.names[id]: "{}" for id in {*letters.values(), *others}}
        self.sources = {self.names[dead]: self.names[id] for id, dead in letters.items()}
        self.received: set[str] = set()
        self.sent: dict[str, str] = {}

    def get_queue_url(self, *, QueueName: str) -> Mapping[str, str]:
        assert QueueName in self.names.values(), f"no queue is called {QueueName}"
        return {"QueueUrl": QueueName}

    def receive_message(self, *, QueueUrl: str, **_: object) -> Mapping[str, Any]:
        self.received.add(QueueUrl)
        body = self.messages.get(QueueUrl)
        attributes = {"SentTimestamp": "1"}
        message = {"MessageId": QueueUrl, "ReceiptHandle": QueueUrl, "Body": body, "Attributes": attributes}
        return {"Messages": [message] if body else []}

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:
        self.sent[QueueUrl] = MessageBody

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        assert QueueUrl == ReceiptHandle
        del self.messages[QueueUrl]

    def change_message_visibility(self, **_: object) -> None:
        """Gives a message back."""

    def filter_log_events(self, *, logGroupName: str, **_: object) -> Mapping[str, Any]:
        assert logGroupName in self.log_groups, f"no log group is called {logGroupName}"
        return {"events": []}


def _choices() -> set[str]:
    """Returns what `--queue` accepts; None, for all, is no choice."""
    group = cli.cli.commands["dlq"]
    commands = group.commands.values() if isinstance(group, click.Group) else [group]
    return {
        str(choice)
        for command in commands
        for option in command.params
        if option.name == "queue" and isinstance(option.type, click.Choice)
        for choice in option.type.choices
    }


def test_every_dead_letter_queue_can_be_listed_and_redriven(
    made: Synthesized, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queues = Queues(made)
    dead = set(queues.messages)
    monkeypatch.setattr(Target, "client", lambda self, service: queues)
    cli.main(["dlq", "list", name, "--json"])
    listed = {it["queue"] for it in json.loads(capsys.readouterr().out)["dead_letters"]}
    unread = dead - queues.received
    assert not unread, f"payctl dlq list does not read {sorted(unread)}"
    assert listed == _choices()
    cli.main(["dlq", "redrive", name, "--json"])
    unsent = set(queues.sources.values()) - set(queues.sent)
    assert not unsent, f"payctl dlq redrive does not send back to {sorted(unsent)}"


# Published values


def test_every_function_queue_table_and_bucket_is_published(made: Synthesized) -> None:
    parameters = {body["value"] for body in made.all("aws_ssm_parameter").values()}
    outputs = {body["value"] for body in made.json["output"].values()}
    for published in (parameters, outputs):
        lacking = {
            (kind, id)
            for kind, reference in PUBLISHED.items()
            for id in made.all(kind)
            if reference % id not in published
        }
        assert lacking == UNPUBLISHED.keys()
