"""Entry point of the function: the environment is read and the client made once, while it starts."""

import os
from functools import partial

from payments.adapters.clients import client
from payments.adapters.delivery_queue import ask_to_send
from payments.adapters.gateways import gateway
from payments.adapters.table import Table
from payments.adapters.webhook_table import WebhookTable
from payments.attempts import Attempts
from payments.ids import random_letters
from payments.logs import Log
from payments.measured import MeasuredGateway, MeasuredStore, counting_breaks
from payments.metrics import Metrics
from payments.settlement import Settler
from payments.times import utc_now
from sweeper.sweep import Sweep

_metrics = Metrics(os.environ["ENVIRONMENT"])
_dynamodb, _table = client("dynamodb"), os.environ["TABLE_NAME"]
_index = WebhookTable(_dynamodb, _table)
handler = Sweep(
    due=_index.due,
    due_deliveries=_index.due_deliveries,
    send=partial(ask_to_send, client("sqs"), os.environ["WEBHOOKS_QUEUE_URL"]),
    settle=counting_breaks(
        _metrics,
        Settler(
            Attempts(
                store=MeasuredStore(Table(_dynamodb, _table), _metrics),
                gateway=MeasuredGateway(gateway(os.environ, _dynamodb), _metrics),
                clock=utc_now,
                letters=random_letters,
                lease=int(os.environ["IDEMPOTENCY_LEASE_SECONDS"]),
            )
        ),
    ),
    clock=utc_now,
    log=Log(os.environ.get("LOG_LEVEL", "INFO")),
)
