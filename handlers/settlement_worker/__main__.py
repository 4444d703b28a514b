"""Entry point of a machine's service: works until it is told to stop."""

import os
import signal
from datetime import timedelta
from threading import Event

from payments.logs import Log
from settlement_worker.worker import work

BEAT = timedelta(minutes=5)

stopped = Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
work(
    gateway=os.environ["GATEWAY"],
    beat=BEAT,
    stopped=stopped,
    log=Log(os.environ.get("LOG_LEVEL", "INFO")),
)
