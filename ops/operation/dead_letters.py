"""`payctl dlq`: dead letters by id and reason, without their bodies."""

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
from ops.errors import NEEDS_PERSON, Problem
from ops.progress import Waiting
from ops.target import Target, resolve_target

HIDDEN_SECONDS = 60  # visibility time-out of a listed message
MOST = 1000
LONG_POLL = 1  # seconds; any long poll queries all of SQS's servers
_BATCH = 10
Message = Mapping[str, Any]  # as SQS returns it
_OBJECT_ID = re.compile(r"\b(?:evt|wd|pay|re)_[a-z]{24,52}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """Represents one dead letter without its body. `about` is the first id of the payment system in it."""

    queue: str
    id: str
    sent: int
    about: str
    reason: str


def show(name: str, *, queue: str | None, local: bool, as_json: bool) -> int:
    """Lists dead letters. Returns 2 if there are any."""
    target = resolve_target(name, local=local)
    with Waiting("read the dead-letter queues", visible=not as_json):
        found = [
            _describe(target, it, each) for it in _selected(queue) for each in _receive(target, it, set())
        ]
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
    """Sends dead letters back to their queues. Returns 2 if some have no queue.

    A message is sent before it is deleted: it may arrive twice, which consumers handle, and is never lost.
    """
    target = resolve_target(name, local=local)
    counts = dict.fromkeys(("redriven", "left"), 0)
    with Waiting("redrive", visible=not as_json) as waiting:
        for source in _selected(queue):
            deleted: set[str] = set()
            for message in _receive(target, source, deleted):
                if _send_back(target, source, message):
                    deleted.add(message["MessageId"])
                    counts["redriven"] += 1
                else:
                    counts["left"] += 1
                waiting.what = f"redrive · {counts['redriven']} sent back"
    if as_json:
        click.echo(json.dumps({"environment": name, **counts}))
    else:
        click.echo(f"{counts['redriven']} sent back, {counts['left']} left.")
        if counts["left"]:
            click.echo(f"Remaining messages have no queue: see docs/runbook.md#{UNDELIVERED}.")
    return NEEDS_PERSON if counts["left"] else 0


def _selected(queue: str | None) -> Sequence[str]:
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
        ) from error


def _receive(target: Target, queue: str, deleted: Set[str]) -> Iterator[Message]:
    """Yields each message once, hidden meanwhile. Messages that are not `deleted` become visible again."""
    sqs, url = target.client("sqs"), _url(target, _dead_letters_of(queue))
    seen: dict[str, str] = {}
    try:
        while len(seen) < MOST:
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=LONG_POLL,
            )
            new = [one for one in answer.get("Messages", []) if one["MessageId"] not in seen]
            if not new:
                return
            for message in new:
                seen[message["MessageId"]] = message["ReceiptHandle"]
                yield message
    finally:
        for message_id, handle in seen.items():
            if message_id not in deleted:
                sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)


def _attribute(message: Message, name: str) -> str:
    """Returns an attribute, in which EventBridge and Scheduler store the reason of a failed delivery."""
    return str(message.get("MessageAttributes", {}).get(name, {}).get("StringValue", ""))


def _describe(target: Target, queue: str, message: Message) -> DeadLetter:
    about = _OBJECT_ID.search(message["Body"])
    return DeadLetter(
        queue=queue,
        id=message["MessageId"],
        sent=int(message["Attributes"]["SentTimestamp"]),
        about=about[0] if about else "",
        reason=_attribute(message, "ERROR_CODE")
        or _logged(target, queue, message["MessageId"])
        or "no reason in the consumer's log",
    )


def _logged(target: Target, queue: str, message_id: str) -> str:
    """Returns the last entry about a message in its consumer's log; nothing if the log is not readable."""
    if queue not in QUEUES:
        return ""
    group = QUEUES[queue].consumer_logs.format(prefix=Naming(target.name).prefix)
    lines: list[Mapping[str, Any]] = []
    with suppress(ClientError, BotoCoreError):
        found = target.client("logs").filter_log_events(
            logGroupName=group, filterPattern=f'"{message_id}"', limit=100
        )
        for event in found["events"]:
            with suppress(ValueError):
                lines.append(json.loads(event["message"]))
    if not lines:
        return ""
    return f"{lines[-1].get('message', '')} ({lines[-1].get('error', '')})"


def _send_back(target: Target, queue: str, message: Message) -> bool:
    """Sends a message to its queue or its failed target. Returns False if it has neither."""
    sqs, own = target.client("sqs"), _url(target, _dead_letters_of(queue))
    if queue != UNDELIVERED:
        destination = _url(target, queue)
    elif ":sqs:" in (arn := _attribute(message, "TARGET_ARN")):
        name = arn.rpartition(":")[2]
        destination = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    else:
        return False
    sqs.send_message(QueueUrl=destination, MessageBody=message["Body"])
    sqs.delete_message(QueueUrl=own, ReceiptHandle=message["ReceiptHandle"])
    return True
