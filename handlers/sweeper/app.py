"""Entry point of the function: reads the environment and creates the clients once, while it starts."""

import os
from functools import partial

from payments.adapters.clients import client
from payments.adapters.delivery_queue import queue_deliveries
from payments.adapters.environment import request_executor
from payments.adapters.webhook_table import WebhookTable
from payments.executor import counting_breaks
from payments.formats import utc_now
from payments.settlement import settle_payment
from payments.telemetry import Log, Metrics
from sweeper.sweep import Sweep

_metrics = Metrics(os.environ["ENVIRONMENT"])
_dynamodb, _table = client("dynamodb"), os.environ["TABLE_NAME"]
_index = WebhookTable(_dynamodb, _table)
_executor = request_executor(os.environ, _dynamodb, _metrics)
handler = Sweep(
    due_payments=_index.due,
    settle=counting_breaks(_metrics, partial(settle_payment, _executor)),
    due_deliveries=_index.due_deliveries,
    queue=partial(queue_deliveries, client("sqs"), os.environ["WEBHOOKS_QUEUE_URL"]),
    clock=utc_now,
    log=Log(os.environ.get("LOG_LEVEL", "INFO")),
)
