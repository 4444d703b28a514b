"""`payctl dlq`: messages that nobody could process, by ids and reasons; bodies stay where they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from constructs_lib.payments.registry import QUEUES, UNDELIVERED
from constructs_lib.settings.naming import Naming
from ops.errors import FAILED, NEEDS_PERSON, Problem
from ops.progress import Waiting
from ops.target import Target, resolve_target

LOOK_SECONDS = 60  # for so long a message that is looked at is hidden from the next look
MOST = 1000
LONG_POLL = 1  # seconds; asks all of SQS's servers, not some
_BATCH = 10
_THING = re.compile(r"\b(?:evt|wd|pay|re)_[a-z]{24,52}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What may be said of one message. `about`: the first id of ours that is in it."""

    queue: str
    id: str
    sent: int
    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Held:
    queue: str
    message: Mapping[str, Any]

    def attribute(self, name: str) -> str:
        """EventBridge and Scheduler tell in attributes of a message why they could not deliver it."""
        return str(self.message.get("MessageAttributes", {}).get(name, {}).get("StringValue", ""))


def show(name: str, *, queue: str | None, local: bool, as_json: bool) -> int:
    """List dead letters; 2 when there are any."""
    target = resolve_target(name, local=local)
    with Waiting("read the dead-letter queues", visible=not as_json):
        found = [_letter(target, held) for one in _chosen(queue) for held in _held(target, one, set())]
    if as_json:
        click.echo(json.dumps({"environment": name, "dead_letters": [asdict(one) for one in found]}))
    elif not found:
        click.echo(f"{name} has no dead letters.")
    else:
        for letter in found:
            click.echo(f"{letter.queue:<12} {letter.id}  {letter.about or '-':<30}  {letter.reason}")
        click.echo(f"Send them back: ./payctl dlq redrive {name}{target.flag}")
    return NEEDS_PERSON if found else 0


def redrive(name: str, *, queue: str | None, local: bool, as_json: bool) -> int:
    """Send dead letters back to where they were read; 2 when some have no queue to go back to.

    Sent before it is deleted: a message may come twice, which its readers know, and is never lost.
    """
    target = resolve_target(name, local=local)
    counts = dict.fromkeys(("redriven", "left"), 0)
    with Waiting("redrive", visible=not as_json) as waiting:
        for one in _chosen(queue):
            gone: set[str] = set()
            for held in _held(target, one, gone):
                if _sent_back(target, held):
                    gone.add(held.message["MessageId"])
                    counts["redriven"] += 1
                else:
                    counts["left"] += 1
                waiting.note(f"redrive · {counts['redriven']} sent back")
    if as_json:
        click.echo(json.dumps({"environment": name, **counts}))
    else:
        click.echo(f"{counts['redriven']} sent back, {counts['left']} left.")
        if counts["left"]:
            click.echo(f"What is left came from no queue: see docs/runbook.md#{UNDELIVERED}.")
    return NEEDS_PERSON if counts["left"] else 0


def _chosen(queue: str | None) -> Sequence[str]:
    return (queue,) if queue else (*QUEUES, UNDELIVERED)


def _dead_letters_of(queue: str) -> str:
    return queue if queue == UNDELIVERED else f"{queue}-dlq"


def _url(target: Target, thing: str) -> str:
    name = Naming(target.name).name(thing)
    try:
        return str(target.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])
    except ClientError as error:
        raise Problem(
            f"The queue {name} cannot be read: {error.response['Error']['Code']}.",
            hint=f"Is the environment deployed? ./payctl deploy {target.name}{target.flag}",
            code=FAILED,
        ) from error


def _held(target: Target, queue: str, gone: Set[str]) -> Iterator[_Held]:
    """Each message once, hidden from others meanwhile; all that are not `gone` at the end are given back."""
    sqs, url = target.client("sqs"), _url(target, _dead_letters_of(queue))
    seen: dict[str, str] = {}
    try:
        while len(seen) < MOST:
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=LOOK_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=LONG_POLL,
            )
            new = [one for one in answer.get("Messages", []) if one["MessageId"] not in seen]
            if not new:
                return
            for message in new:
                seen[message["MessageId"]] = message["ReceiptHandle"]
                yield _Held(queue, message)
    finally:
        for message_id, handle in seen.items():
            if message_id not in gone:
                sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)


def _letter(target: Target, held: _Held) -> DeadLetter:
    about = _THING.search(held.message["Body"])
    return DeadLetter(
        queue=held.queue,
        id=held.message["MessageId"],
        sent=int(held.message["Attributes"]["SentTimestamp"]),
        about=about[0] if about else "",
        reason=held.attribute("ERROR_CODE") or _logged(target, held) or "no reader has told why",
    )


def _logged(target: Target, held: _Held) -> str:
    """What the reader's log says last of a message; nothing when it cannot be read."""
    if held.queue not in QUEUES:
        return ""
    group = QUEUES[held.queue].consumer_logs.format(prefix=Naming(target.name).prefix)
    lines: list[Mapping[str, Any]] = []
    with suppress(ClientError, BotoCoreError):
        found = target.client("logs").filter_log_events(
            logGroupName=group, filterPattern=f'"{held.message["MessageId"]}"', limit=100
        )
        for event in found["events"]:
            with suppress(ValueError):
                lines.append(json.loads(event["message"]))
    if not lines:
        return ""
    return f"{lines[-1].get('message', '')} ({lines[-1].get('error', '')})"


def _sent_back(target: Target, held: _Held) -> bool:
    """Whether there is a queue that it came from, or was meant for."""
    sqs, own = target.client("sqs"), _url(target, _dead_letters_of(held.queue))
    if held.queue != UNDELIVERED:
        goal = _url(target, held.queue)
    elif ":sqs:" in held.attribute("TARGET_ARN"):
        goal = sqs.get_queue_url(QueueName=held.attribute("TARGET_ARN").rpartition(":")[2])["QueueUrl"]
    else:
        return False
    sqs.send_message(QueueUrl=goal, MessageBody=held.message["Body"])
    sqs.delete_message(QueueUrl=own, ReceiptHandle=held.message["ReceiptHandle"])
    return True
