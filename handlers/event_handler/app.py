"""Entry point of the function: reads the environment and creates the client once, while it starts."""

import os
from functools import partial

from event_handler.messages import EventHandler
from payments.adapters.audit_bucket import write_once
from payments.adapters.clients import client
from payments.telemetry import Log

handler = EventHandler(
    store=partial(write_once, client("s3"), os.environ["AUDIT_BUCKET"]),
    log=Log(os.environ.get("LOG_LEVEL", "INFO")),
)
