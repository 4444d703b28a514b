"""The queue of what the webhook sender is to do."""

import json
from collections.abc import Sequence
from typing import Any

_BATCH = 10  # the most that SQS takes at once


def ask_to_send(client: Any, queue_url: str, deliveries: Sequence[str]) -> int:
    """How many of these deliveries were queued; the others are due again in the next sweep.

    Needs sqs:SendMessage.
    """
    queued = 0
    for start in range(0, len(deliveries), _BATCH):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps({"delivery": delivery})}
            for number, delivery in enumerate(deliveries[start : start + _BATCH])
        ]
        answer = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        queued += len(answer["Successful"])
    return queued
