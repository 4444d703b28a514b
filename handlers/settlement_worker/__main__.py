"""Entry point of the machine's service: works until it receives SIGTERM."""

import os
import signal
from functools import partial
from threading import Event

from payments.adapters.audit_bucket import write
from payments.adapters.clients import client
from payments.adapters.gateways import statement
from payments.adapters.ledger_table import LedgerTable
from payments.telemetry import Log
from settlement_worker.daily import DailyReconciliation
from settlement_worker.worker import Jobs, work

stopped = Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
log = Log(os.environ.get("LOG_LEVEL", "INFO"))
dynamodb = client("dynamodb")
table = LedgerTable(dynamodb, os.environ["TABLE_NAME"])
work(
    jobs=Jobs(
        client=client("sqs", read_timeout=int(os.environ["POLL_SECONDS"]) + 5),
        queue_url=os.environ["SETTLEMENTS_QUEUE_URL"],
        visibility=int(os.environ["VISIBILITY_SECONDS"]),
        poll=int(os.environ["POLL_SECONDS"]),
        log=log,
    ),
    do=DailyReconciliation(
        gateway=os.environ["GATEWAY"],
        statement=statement(os.environ, dynamodb),
        movements=table.movements,
        books=table.books,
        store=partial(write, client("s3"), os.environ["AUDIT_BUCKET"]),
        log=log,
    ),
    stopped=stopped,
    log=log,
)
