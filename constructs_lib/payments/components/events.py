"""Events: from the table's stream through the outbox to the bus, and from the bus to queues."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from constructs_lib.aws.messaging.event_bus import EventBus, EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.storage.table import Table
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.outbox import Outbox
from constructs_lib.payments.registry import QUEUES, UNDELIVERED, QueueEntry

SOURCE = "payments"
ARCHIVE_RETENTION = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Represents the queues, by their names in the registry, and the path of events to them.

    `undelivered` is the dead-letter queue of pipes, rules and schedules.
    """

    queues: Mapping[str, Queue]
    undelivered: DeadLetterQueue
    bus: EventBus
    outbox: Outbox
    payment_events: EventRule


def make_events(foundation: Foundation, table: Table) -> Events:
    """Creates the queues of the registry, and the bus that feeds those that receive events."""
    queues = {name: _queue(foundation, entry) for name, entry in QUEUES.items()}
    undelivered = DeadLetterQueue(
        foundation.stack,
        "Undelivered",
        name=foundation.naming.name(UNDELIVERED),
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
        description="Sends every payment event to the queues of its consumers",
        bus=bus,
        pattern={"source": [SOURCE]},
        dead_letters=undelivered,
    )
    for name, entry in QUEUES.items():
        if entry.receives_events:
            payment_events.send_to_queue(entry.id, queues[name])
    foundation.key.grant_service(
        service="events.amazonaws.com",
        conditions={"StringEquals": {"aws:SourceAccount": foundation.account.id}},
    )
    return Events(
        queues=queues, undelivered=undelivered, bus=bus, outbox=outbox, payment_events=payment_events
    )


def _queue(foundation: Foundation, entry: QueueEntry) -> Queue:
    settings = foundation.environment.queue
    return Queue(
        foundation.stack,
        entry.id,
        name=foundation.naming.name(entry.name),
        key=foundation.key,
        visibility_timeout=settings.visibility_timeout,
        max_receives=settings.max_receives,
        retention=settings.retention,
    )
