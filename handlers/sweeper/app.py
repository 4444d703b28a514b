"""Entry point of the function: reads the environment and creates the clients once, while it starts."""

import os
from functools import partial

from payments.adapters.clients import client
from payments.adapters.delivery_queue import queue_deliveries
from payments.adapters.gateways import gateway
from payments.adapters.table import Table
from payments.adapters.webhook_table import WebhookTable
from payments.executor import RequestExecutor, counting_breaks
from payments.formats import random_id, utc_now
from payments.settlement import settle_payment
from payments.telemetry import Log, Metrics
from sweeper.sweep import Sweep

_metrics = Metrics(os.environ["ENVIRONMENT"])
_dynamodb, _table = client("dynamodb"), os.environ["TABLE_NAME"]
_index = WebhookTable(_dynamodb, _table)
_executor = RequestExecutor(
    store=Table(_dynamodb, _table),
    gateway=gateway(os.environ, _dynamodb),
    clock=utc_now,
    id_generator=random_id,
    lease=int(os.environ["IDEMPOTENCY_LEASE_SECONDS"]),
    metrics=_metrics,
)
handler = Sweep(
    due_payments=_index.due,
    settle=counting_breaks(_metrics, partial(settle_payment, _executor)),
    due_deliveries=_index.due_deliveries,
    queue=partial(queue_deliveries, client("sqs"), os.environ["WEBHOOKS_QUEUE_URL"]),
    clock=utc_now,
    log=Log(os.environ.get("LOG_LEVEL", "INFO")),
)
