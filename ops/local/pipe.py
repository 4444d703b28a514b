"""A pipe from a table's stream to an event bus: filtered, in order, retried, as its own role."""

from __future__ import annotations

import functools
import json
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge, pipes

from ops.local.loopback import client, endpoint
from ops.local.memory import records
from ops.local.wire import Emulator, Said, fills

POLL_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 30.0
logger = logging.getLogger("gaps")


@fills("pipes", "CreatePipe")
async def create(given: Said, emulator: Emulator) -> Said:
    """Begin where the pipe is told to: the emulator always begins at the newest record."""
    said = await emulator()
    made = pipes._pipes[given["Name"]]
    made["StartingPosition"] = limits(given).get("StartingPosition", "LATEST")
    pipes._positions[made["Arn"]] = pipes._initial_position(made)
    return said


def poll() -> None:
    """Look for records for ever."""
    while True:
        try:
            pipes._poll_once()
        except Exception:
            logger.exception("A pipe failed")
        time.sleep(POLL_SECONDS)


def deliver(elsewhere: Callable[[Said, list[Said]], bool], pipe: Said, batch: list[Said]) -> bool:
    """Deliver what came from the stream; False keeps the undelivered rest there."""
    if not pipe["Target"].startswith("arn:aws:events:"):
        return elsewhere(pipe, batch)
    if time.monotonic() < pipe.get("NotBefore", 0):
        return False
    parameters = records("pipes", "Name")[pipe["Name"]]
    for done, record in enumerate(batch):
        try:
            if passes(parameters, record):
                put(pipe, parameters.get("TargetParameters", {}), record)
        except Exception as error:
            logger.warning("Pipe %s could not deliver %s: %s", pipe["Name"], record["eventID"], error)
            pipe["Tries"] = pipe.get("Tries", 0) + 1
            if not given_up(limits(parameters), record, pipe["Tries"]):
                pipe["NotBefore"] = time.monotonic() + min(2 ** pipe["Tries"] / 10, LONGEST_WAIT_SECONDS)
                pipes._positions[pipe["Arn"]] += done
                return False
            bury(pipe, limits(parameters).get("DeadLetterConfig", {}).get("Arn", ""), record)
        pipe["Tries"] = 0
    return True


def limits(parameters: Said) -> Said:
    stream: Said = parameters.get("SourceParameters", {}).get("DynamoDBStreamParameters", {})
    return stream


def passes(parameters: Said, record: Said) -> bool:
    """Whether any of the filters, or none at all, lets a record through."""
    filters = parameters.get("SourceParameters", {}).get("FilterCriteria", {}).get("Filters", [])
    patterns = [one for each in filters for one in eventbridge._compiled_pattern(each["Pattern"])]
    return not filters or any(eventbridge._matches_detail(record, pattern) for pattern in patterns)


def put(pipe: Said, target: Said, record: Said) -> None:
    """Read the record's place on the stream and put the event, both with the role's own permissions."""
    stream = client("dynamodbstreams", pipe["RoleArn"])
    shards = stream.describe_stream(StreamArn=pipe["Source"])["StreamDescription"]["Shards"]
    place = {"ShardId": shards[0]["ShardId"], "SequenceNumber": record["dynamodb"]["SequenceNumber"]}
    iterator = stream.get_shard_iterator(
        StreamArn=pipe["Source"], ShardIteratorType="AT_SEQUENCE_NUMBER", **place
    )
    stream.get_records(ShardIterator=iterator["ShardIterator"], Limit=1)
    named = target.get("EventBridgeEventBusParameters", {})
    entry = {
        "EventBusName": pipe["Target"],
        "Source": at(record, named.get("Source", f"Pipe {pipe['Name']}")),
        "DetailType": at(record, named.get("DetailType", "Event from aws:dynamodb")),
        "Detail": rendered(target["InputTemplate"], record)
        if "InputTemplate" in target
        else json.dumps(record),
    }
    json.loads(entry["Detail"])
    answer = client("events", pipe["RoleArn"]).put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise ValueError(answer["Entries"][0])


def rendered(template: str, record: Said) -> str:
    """A template's `<$.path>`: JSON where a value stands, text inside a string."""

    def one(token: re.Match[str]) -> str:
        if token[1]:
            return json.dumps(at(record, token[1]))
        return re.sub(r"<([^<>]+)>", lambda inner: json.dumps(str(at(record, inner[1])))[1:-1], token[0])

    return re.sub(r'"(?:[^"\\]|\\.)*"|<([^<>]+)>', one, template)


def at(record: Said, path: str) -> Any:
    """What a path like `$.dynamodb.NewImage.type.S` leads to; other text is itself."""
    if not path.startswith("$."):
        return path
    return functools.reduce(lambda inner, name: inner[name], path[2:].split("."), record)


def given_up(most: Said, record: Said, tries: int) -> bool:
    age = time.time() - record["dynamodb"]["ApproximateCreationDateTime"]
    oldest, retries = (most.get(f"Maximum{name}", -1) for name in ("RecordAgeInSeconds", "RetryAttempts"))
    return bool(0 <= retries < tries or 0 < oldest < age)


def bury(pipe: Said, queue: str, record: Said) -> None:
    """Tell the dead-letter queue where the record was; like AWS, not what it held."""
    if not queue:
        return
    number, created = (record["dynamodb"][name] for name in ("SequenceNumber", "ApproximateCreationDateTime"))
    said = {
        "context": {"partnerResourceArn": pipe["Arn"], "condition": "RetryAttemptsExhausted"},
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(),
        "DDBStreamBatchInfo": {
            "streamArn": pipe["Source"],
            "batchSize": 1,
            "startSequenceNumber": number,
            "endSequenceNumber": number,
            "approximateArrivalOfFirstRecord": created,
            "approximateArrivalOfLastRecord": created,
        },
    }
    url = "/".join([endpoint(), *queue.split(":")[-2:]])
    client("sqs", pipe["RoleArn"]).send_message(QueueUrl=url, MessageBody=json.dumps(said))
