"""Entry point of the function: the environment is read and the client made once, while it starts."""

import os

from payment_processor.application import Application
from payment_processor.routes import Services
from payments.adapters.clients import client
from payments.adapters.simulator import Simulator
from payments.adapters.table import Table
from payments.attempts import Attempts
from payments.ids import random_letters
from payments.logs import Log
from payments.money import LARGEST_AMOUNT
from payments.times import utc_now

_GATEWAYS = {"simulator": Simulator}

_attempts = Attempts(
    store=Table(client("dynamodb"), os.environ["TABLE_NAME"]),
    gateway=_GATEWAYS[os.environ["GATEWAY"]](),
    clock=utc_now,
    letters=random_letters,
    lease=int(os.environ["IDEMPOTENCY_LEASE_SECONDS"]),
)
handler = Application(
    Services(_attempts, cap=min(int(os.environ["MAX_AMOUNT"]), LARGEST_AMOUNT)),
    Log(os.environ.get("LOG_LEVEL", "INFO")),
)
