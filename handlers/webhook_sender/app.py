"""Entry point of the function: reads the environment and creates the client once, while it starts."""

import os
import random

from payments.adapters.clients import client
from payments.adapters.https import LOOPBACK, Poster
from payments.adapters.webhook_table import WebhookTable
from payments.formats import utc_now
from payments.telemetry import Log, Metrics
from payments.webhooks.sending import WebhookSending
from webhook_sender.messages import WebhookSender

_log = Log(os.environ.get("LOG_LEVEL", "INFO"))
handler = WebhookSender(
    WebhookSending(
        webhooks=WebhookTable(client("dynamodb"), os.environ["TABLE_NAME"]),
        post=Poster(loopback=os.environ.get(LOOPBACK)),
        clock=utc_now,
        jitter=random.uniform,
        log=_log,
        metrics=Metrics(os.environ["ENVIRONMENT"]),
    ),
    _log,
)
