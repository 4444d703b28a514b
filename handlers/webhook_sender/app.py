"""Entry point of the function: the environment is read and the client made once, while it starts."""

import os
import random

from payments.adapters.clients import client
from payments.adapters.https import LOOPBACK, Poster
from payments.adapters.webhook_table import WebhookTable
from payments.logs import Log
from payments.metrics import Metrics
from payments.times import utc_now
from payments.webhooks.sending import Sending
from webhook_sender.messages import WebhookSender

_log = Log(os.environ.get("LOG_LEVEL", "INFO"))
handler = WebhookSender(
    Sending(
        webhooks=WebhookTable(client("dynamodb"), os.environ["TABLE_NAME"]),
        post=Poster(loopback=os.environ.get(LOOPBACK)),
        clock=utc_now,
        jitter=random.uniform,
        log=_log,
        metrics=Metrics(os.environ["ENVIRONMENT"]),
    ),
    _log,
)
