"""Entry point of the function: reads the environment and creates the clients once, while it starts."""

import os
import secrets
from functools import cache, lru_cache, partial

from payment_processor.application import Application, Services
from payment_processor.routes import ROUTES
from payments.adapters.clients import client
from payments.adapters.environment import request_executor
from payments.adapters.https import LOOPBACK, Poster
from payments.adapters.index import Index
from payments.adapters.secret import current_pepper, find_secret
from payments.adapters.webhook_table import WebhookTable
from payments.api.pagination import Cursors
from payments.money import MAX_AMOUNT
from payments.telemetry import Log, Metrics
from payments.webhooks.management import WebhookEndpoints

_metrics = Metrics(os.environ["ENVIRONMENT"])
_dynamodb, _table = client("dynamodb"), os.environ["TABLE_NAME"]
_pepper = os.environ["PEPPER_SECRET_ID"]
_poster = Poster(loopback=os.environ.get(LOOPBACK))
_executor = request_executor(os.environ, _dynamodb, _metrics)
# Only lists need this client and the secret: creating a payment does not wait for them.
_secrets = cache(partial(client, "secretsmanager"))
handler = Application(
    ROUTES,
    Services(
        executor=_executor,
        lists=Index(_dynamodb, _table),
        cursors=Cursors(
            current=cache(lambda: current_pepper(_secrets(), _pepper)),
            # Bounded, because callers can send cursors with versions that do not exist.
            find=lru_cache(maxsize=64)(lambda version: find_secret(_secrets(), _pepper, version)),
        ),
        webhooks=WebhookEndpoints(
            executor=_executor,
            store=WebhookTable(_dynamodb, _table),
            check=_poster.check,
            random_bytes=secrets.token_bytes,
        ),
        cap=min(int(os.environ["MAX_AMOUNT"]), MAX_AMOUNT),
        loopback=bool(_poster.loopback),
    ),
    Log(os.environ.get("LOG_LEVEL", "INFO")),
    _metrics,
)
