"""Entry point of the function: the environment is read and the client made once, while it starts."""

import os
from functools import partial

from event_handler.messages import EventHandler
from payments.adapters.audit_bucket import write_once
from payments.adapters.clients import client
from payments.logs import Log

handler = EventHandler(
    keep=partial(write_once, client("s3"), os.environ["AUDIT_BUCKET"]),
    log=Log(os.environ.get("LOG_LEVEL", "INFO")),
)
