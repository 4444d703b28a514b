from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from constructs_lib.payments.registry import QUEUES, UNDELIVERED
from ops import cli
from ops.errors import Problem
from ops.operation import dead_letters
from ops.target import Target

EVENT = "evt_" + "a" * 28


@pytest.fixture
def deployed(target: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """Creates the queues of an environment; deletes them and its log groups at the end."""
    sqs, logs = target.client("sqs"), target.client("logs")
    names = [*QUEUES, *(f"{name}-dlq" for name in QUEUES), UNDELIVERED]
    urls = [sqs.create_queue(QueueName=f"payments-dev-{name}")["QueueUrl"] for name in names]
    monkeypatch.setattr(dead_letters, "resolve_target", lambda name, local: target)
    monkeypatch.setattr(dead_letters, "LONG_POLL", 0)
    yield target
    for url in urls:
        sqs.delete_queue(QueueUrl=url)
    for group in logs.describe_log_groups()["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])


def send(target: Target, queue: str, body: str, **attributes: str) -> str:
    sqs = target.client("sqs")
    sent = sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=f"payments-dev-{queue}")["QueueUrl"],
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )
    return str(sent["MessageId"])


def received(target: Target, queue: str) -> list[str]:
    sqs = target.client("sqs")
    url = sqs.get_queue_url(QueueName=f"payments-dev-{queue}")["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def run(capsys: pytest.CaptureFixture[str], verb: str, *more: str) -> tuple[int, Any]:
    code = cli.main(["dlq", verb, "dev", "--local", "--json", *more])
    return code, json.loads(capsys.readouterr().out)


def test_nothing_to_show_is_told_and_is_right(deployed: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dlq", "list", "dev", "--local"]) == 0
    assert "dev has no dead letters" in capsys.readouterr().out


def test_a_message_is_named_with_its_reason_and_never_shown(
    deployed: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = deployed.client("logs")
    group, stream = "/aws/lambda/payments-dev-webhook-sender", "one"
    poison = send(deployed, "webhooks-dlq", json.dumps({"detail": {"id": EVENT, "secret": "body"}}))
    undelivered = send(deployed, "undelivered", "{}", ERROR_CODE="SDK_CLIENT_ERROR")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    lines = [
        "no JSON " + poison,
        json.dumps({"message": "poison message", "message_id": poison, "error": "P"}),
    ]
    events = [{"timestamp": 1_700_000_000_000 + at, "message": line} for at, line in enumerate(lines)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    code, shown = run(capsys, "list")
    assert code == 2
    found = {letter["id"]: letter for letter in shown["dead_letters"]}
    assert (found[poison]["queue"], found[poison]["about"]) == ("webhooks", EVENT)
    assert found[poison]["reason"] == "poison message (P)"
    assert found[undelivered]["reason"] == "SDK_CLIENT_ERROR"
    assert "body" not in json.dumps(shown)
    assert cli.main(["dlq", "list", "dev", "--local"]) == 2
    text = capsys.readouterr().out
    assert poison in text
    assert "body" not in text
    assert "./payctl dlq redrive dev --local" in text


def test_a_reader_that_left_no_line_has_told_nothing(
    deployed: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    send(deployed, "payment-events-dlq", "no JSON")
    send(deployed, "undelivered", "pointer to a record of the stream")
    for queue in ("payment-events", "undelivered"):
        [letter] = run(capsys, "list", "--queue", queue)[1]["dead_letters"]
        assert (letter["about"], letter["reason"]) == ("", "no reason in the consumer's log")


def test_looking_takes_no_message_away(deployed: Target, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        send(deployed, "payment-events-dlq", str(number))
    for _ in range(2):
        assert len(run(capsys, "list")[1]["dead_letters"]) == 12


def test_redriven_messages_are_where_they_were_read_and_nowhere_else(
    deployed: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    send(deployed, "payment-events-dlq", "first")
    send(deployed, "webhooks-dlq", "second")
    assert run(capsys, "redrive", "--queue", "webhooks") == (
        0,
        {"environment": "dev", "redriven": 1, "left": 0},
    )
    assert received(deployed, "webhooks") == ["second"]
    assert received(deployed, "payment-events") == []
    assert cli.main(["dlq", "redrive", "dev", "--local"]) == 0
    assert "1 sent back, 0 left." in capsys.readouterr().out
    assert received(deployed, "payment-events") == ["first"]
    assert run(capsys, "list")[1]["dead_letters"] == []


def test_what_was_meant_for_a_queue_goes_there_and_what_was_not_stays(
    deployed: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = "arn:aws:sqs:eu-west-1:000000000000:payments-dev-payment-events"
    send(deployed, "undelivered", "event", TARGET_ARN=arn)
    send(deployed, "undelivered", "pointer to a record of the stream")
    assert run(capsys, "redrive") == (2, {"environment": "dev", "redriven": 1, "left": 1})
    assert received(deployed, "payment-events") == ["event"]
    assert cli.main(["dlq", "redrive", "dev", "--local"]) == 2
    assert "docs/runbook.md#undelivered" in capsys.readouterr().out


def test_an_environment_that_is_not_deployed_is_told(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "resolve_target", lambda name, local: target)
    with pytest.raises(Problem, match="cannot be read") as problem:
        dead_letters.show("dev", queue=None, local=True, as_json=False)
    assert problem.value.hint == "Is the environment deployed? ./payctl deploy dev --local"
