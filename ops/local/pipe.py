"""EventBridge Pipes from a DynamoDB stream to an event bus: filters, order, retries and the pipe's role."""

import functools
import json
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge, pipes

from ops.local.local_client import client, endpoint
from ops.local.overrides import records
from ops.local.protocols import Emulator, Fields, override

POLL_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 30.0
logger = logging.getLogger("gaps")


@override("pipes", "CreatePipe")
async def create(request: Fields, emulator: Emulator) -> Fields:
    """Sets the starting position: the emulator always starts at the newest record."""
    response = await emulator()
    pipe = pipes._pipes[request["Name"]]
    pipe["StartingPosition"] = stream_parameters(request).get("StartingPosition", "LATEST")
    pipes._positions[pipe["Arn"]] = pipes._initial_position(pipe)
    return response


def poll() -> None:
    """Polls all pipes five times a second. The emulator's own loop waits 1 to 5 seconds."""
    while True:
        try:
            pipes._poll_once()
        except Exception:
            logger.exception("A pipe failed")
        time.sleep(POLL_SECONDS)


def deliver(
    deliver_to_other: Callable[[Fields, list[Fields]], bool], pipe: Fields, batch: list[Fields]
) -> bool:
    """Delivers a batch from the stream. Returns False if the rest of the batch must be delivered again."""
    if not pipe["Target"].startswith("arn:aws:events:"):
        return deliver_to_other(pipe, batch)
    if time.monotonic() < pipe.get("NotBefore", 0):
        return False
    parameters = records("pipes", "Name")[pipe["Name"]]
    for delivered, record in enumerate(batch):
        try:
            if matches_filters(parameters, record):
                put(pipe, parameters.get("TargetParameters", {}), record)
        except Exception as error:
            logger.warning("Pipe %s could not deliver %s: %s", pipe["Name"], record["eventID"], error)
            pipe["Tries"] = pipe.get("Tries", 0) + 1
            if not retries_exhausted(stream_parameters(parameters), record, pipe["Tries"]):
                pipe["NotBefore"] = time.monotonic() + min(2 ** pipe["Tries"] / 10, LONGEST_WAIT_SECONDS)
                pipes._positions[pipe["Arn"]] += delivered
                return False
            send_to_dead_letter_queue(
                pipe, stream_parameters(parameters).get("DeadLetterConfig", {}).get("Arn", ""), record
            )
        pipe["Tries"] = 0
    return True


def stream_parameters(parameters: Fields) -> Fields:
    stream: Fields = parameters.get("SourceParameters", {}).get("DynamoDBStreamParameters", {})
    return stream


def matches_filters(parameters: Fields, record: Fields) -> bool:
    """Returns True if the pipe has no filter or one of its filters matches the record."""
    filters = parameters.get("SourceParameters", {}).get("FilterCriteria", {}).get("Filters", [])
    patterns = [one for each in filters for one in eventbridge._compiled_pattern(each["Pattern"])]
    return not filters or any(eventbridge._matches_detail(record, pattern) for pattern in patterns)


def put(pipe: Fields, target: Fields, record: Fields) -> None:
    """Reads the record from the stream and puts the event, both with the permissions of the pipe's role."""
    stream = client("dynamodbstreams", pipe["RoleArn"])
    shards = stream.describe_stream(StreamArn=pipe["Source"])["StreamDescription"]["Shards"]
    position = {"ShardId": shards[0]["ShardId"], "SequenceNumber": record["dynamodb"]["SequenceNumber"]}
    iterator = stream.get_shard_iterator(
        StreamArn=pipe["Source"], ShardIteratorType="AT_SEQUENCE_NUMBER", **position
    )
    stream.get_records(ShardIterator=iterator["ShardIterator"], Limit=1)
    named = target.get("EventBridgeEventBusParameters", {})
    entry = {
        "EventBusName": pipe["Target"],
        "Source": value_at(record, named.get("Source", f"Pipe {pipe['Name']}")),
        "DetailType": value_at(record, named.get("DetailType", "Event from aws:dynamodb")),
        "Detail": rendered(target["InputTemplate"], record)
        if "InputTemplate" in target
        else json.dumps(record),
    }
    json.loads(entry["Detail"])
    answer = client("events", pipe["RoleArn"]).put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise ValueError(answer["Entries"][0])


def rendered(template: str, record: Fields) -> str:
    """Fills in each `<$.path>` of an input template: as JSON, or as text inside a string."""

    def replace(token: re.Match[str]) -> str:
        if token[1]:
            return json.dumps(value_at(record, token[1]))
        return re.sub(
            r"<([^<>]+)>", lambda inner: json.dumps(str(value_at(record, inner[1])))[1:-1], token[0]
        )

    return re.sub(r'"(?:[^"\\]|\\.)*"|<([^<>]+)>', replace, template)


def value_at(record: Fields, path: str) -> Any:
    """Returns the value at a path such as `$.dynamodb.NewImage.type.S`; other text is returned unchanged."""
    if not path.startswith("$."):
        return path
    return functools.reduce(lambda inner, name: inner[name], path[2:].split("."), record)


def retries_exhausted(limits: Fields, record: Fields, tries: int) -> bool:
    age = time.time() - record["dynamodb"]["ApproximateCreationDateTime"]
    oldest, retries = (limits.get(f"Maximum{name}", -1) for name in ("RecordAgeInSeconds", "RetryAttempts"))
    return bool(0 <= retries < tries or 0 < oldest < age)


def send_to_dead_letter_queue(pipe: Fields, queue: str, record: Fields) -> None:
    """Sends the record's position, not its contents, to the dead-letter queue, as AWS does."""
    if not queue:
        return
    number, created = (record["dynamodb"][name] for name in ("SequenceNumber", "ApproximateCreationDateTime"))
    message = {
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
    client("sqs", pipe["RoleArn"]).send_message(QueueUrl=url, MessageBody=json.dumps(message))
