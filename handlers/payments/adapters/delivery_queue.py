"""The queue of webhook deliveries to send."""

import json
from collections.abc import Sequence
from typing import Any

_BATCH = 10  # the limit of SendMessageBatch


def queue_deliveries(client: Any, queue_url: str, deliveries: Sequence[str]) -> int:
    """Queues deliveries and returns how many succeeded; the others stay due for the next sweep.

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
