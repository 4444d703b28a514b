"""What happened: from the table's stream through the outbox to the bus, and from there to the queues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from constructs_lib.aws.messaging.event_bus import EventBus, EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.messaging.stream_pipe import Outbox
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.table import Table

SOURCE = "payments"
ARCHIVE_RETENTION = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """`queue` has what becomes evidence, `webhooks` what merchants are sent, `settlements` jobs of the fleet.

    `undelivered` takes what no target took.
    """

    queue: Queue
    webhooks: Queue
    settlements: Queue
    undelivered: DeadLetterQueue
    bus: EventBus
    outbox: Outbox
    payment_events: EventRule


def make_events(foundation: Foundation, table: Table) -> Events:
    queue, webhooks, settlements = (_queue(foundation, id) for id in ("Queue", "Webhooks", "Settlements"))
    undelivered = DeadLetterQueue(
        foundation.stack,
        "Undelivered",
        name=foundation.naming.name("undelivered"),
        account=foundation.account,
        key=foundation.key,
    )
    bus = EventBus(
        foundation.stack,
        "Bus",
        name=foundation.naming.prefix,
        source=SOURCE,
        archive_retention=ARCHIVE_RETENTION,
    )
    outbox = Outbox(
        foundation.stack,
        "Outbox",
        name=foundation.naming.name("outbox"),
        table=table,
        bus=bus,
        dead_letters=undelivered,
        account=foundation.account,
    )
    payment_events = EventRule(
        foundation.stack,
        "PaymentEvents",
        name=foundation.naming.name("payment-events"),
        description="Every payment event is kept, and sent to the endpoints of its merchant",
        bus=bus,
        pattern={"source": [SOURCE]},
        dead_letters=undelivered,
    )
    payment_events.send_to_queue("Queue", queue)
    payment_events.send_to_queue("Webhooks", webhooks)
    foundation.key.grant_service(
        service="events.amazonaws.com",
        conditions={"StringEquals": {"aws:SourceAccount": foundation.account.id}},
    )
    return Events(
        queue=queue,
        webhooks=webhooks,
        settlements=settlements,
        undelivered=undelivered,
        bus=bus,
        outbox=outbox,
        payment_events=payment_events,
    )


def _queue(foundation: Foundation, id: str) -> Queue:
    settings = foundation.environment.queue
    return Queue(
        foundation.stack,
        id,
        name=foundation.naming.name(id.lower()),
        account=foundation.account,
        key=foundation.key,
        visibility_timeout=settings.visibility_timeout,
        max_receives=settings.max_receives,
        retention=settings.retention,
    )
