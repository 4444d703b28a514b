"""Events: from the table's stream through the outbox to the bus, and from the bus to queues."""

from datetime import timedelta

from constructs_lib.aws.messaging.event_bus import EventBus, EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.storage.table import Table
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.outbox import Outbox
from constructs_lib.payments.registry import QUEUES, UNDELIVERED

SOURCE = "payments"
ARCHIVE_RETENTION = timedelta(days=30)


class Events:
    """Creates the queues of the registry, and the bus that feeds those that receive events.

    `queues` are by their names in the registry. `undelivered` is the dead-letter queue of pipes, rules and
    schedules.
    """

    def __init__(self, foundation: Foundation, table: Table) -> None:
        settings = foundation.environment.queue
        self.queues = {
            name: Queue(
                foundation.stack,
                entry.id,
                name=foundation.naming.name(name),
                key=foundation.key,
                visibility_timeout=settings.visibility_timeout,
                max_receives=settings.max_receives,
                retention=settings.retention,
            )
            for name, entry in QUEUES.items()
        }
        self.undelivered = DeadLetterQueue(
            foundation.stack,
            "Undelivered",
            name=foundation.naming.name(UNDELIVERED),
            key=foundation.key,
        )
        self.bus = EventBus(
            foundation.stack,
            "Bus",
            name=foundation.naming.prefix,
            source=SOURCE,
            archive_retention=ARCHIVE_RETENTION,
        )
        self.outbox = Outbox(
            foundation.stack,
            "Outbox",
            name=foundation.naming.name("outbox"),
            table=table,
            bus=self.bus,
            dead_letters=self.undelivered,
            account=foundation.account,
        )
        self.payment_events = EventRule(
            foundation.stack,
            "PaymentEvents",
            name=foundation.naming.name("payment-events"),
            description="Sends every payment event to the queues of its consumers",
            bus=self.bus,
            pattern={"source": [SOURCE]},
            dead_letters=self.undelivered,
        )
        for name, entry in QUEUES.items():
            if entry.receives_events:
                self.payment_events.send_to_queue(entry.id, self.queues[name])
        foundation.key.grant_service(
            service="events.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": foundation.account.id}},
        )
