"""Entry point of the function: the environment is read and the client made once, while it starts."""

import os
import secrets
from functools import cache, lru_cache, partial

from payment_processor.application import Application
from payment_processor.services import Services
from payments.adapters.clients import client
from payments.adapters.gateways import gateway
from payments.adapters.https import LOOPBACK, Poster
from payments.adapters.index import Index
from payments.adapters.secret import current_pepper, find_secret
from payments.adapters.table import Table
from payments.adapters.webhook_table import WebhookTable
from payments.attempts import Attempts
from payments.cursors import Cursors
from payments.ids import random_letters
from payments.logs import Log
from payments.measured import MeasuredGateway, MeasuredStore
from payments.metrics import Metrics
from payments.money import LARGEST_AMOUNT
from payments.times import utc_now
from payments.webhooks.keeper import Keeper

_metrics = Metrics(os.environ["ENVIRONMENT"])
_dynamodb, _table = client("dynamodb"), os.environ["TABLE_NAME"]
_pepper = os.environ["PEPPER_SECRET_ID"]
_poster = Poster(loopback=os.environ.get(LOOPBACK))
_attempts = Attempts(
    store=MeasuredStore(Table(_dynamodb, _table), _metrics),
    gateway=MeasuredGateway(gateway(os.environ, _dynamodb), _metrics),
    clock=utc_now,
    letters=random_letters,
    lease=int(os.environ["IDEMPOTENCY_LEASE_SECONDS"]),
)
# A client and a secret that only lists need: taking a payment does not wait for them.
_secrets = cache(partial(client, "secretsmanager"))
handler = Application(
    Services(
        attempts=_attempts,
        lists=Index(_dynamodb, _table),
        cursors=Cursors(
            current=cache(lambda: current_pepper(_secrets(), _pepper)),
            # Bounded, for callers can name versions that never were.
            find=lru_cache(maxsize=64)(lambda version: find_secret(_secrets(), _pepper, version)),
        ),
        webhooks=Keeper(
            attempts=_attempts,
            webhooks=WebhookTable(_dynamodb, _table),
            check=_poster.check,
            random_bytes=secrets.token_bytes,
        ),
        cap=min(int(os.environ["MAX_AMOUNT"]), LARGEST_AMOUNT),
        loopback=bool(_poster.loopback),
    ),
    Log(os.environ.get("LOG_LEVEL", "INFO")),
    _metrics,
)
