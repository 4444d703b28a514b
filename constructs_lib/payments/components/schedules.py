"""What happens by the clock: each minute a sweep, each day a reconciliation."""

from __future__ import annotations

from datetime import time, timedelta

from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.messaging.schedules import Schedule, ScheduleGroup
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.foundation import Foundation

RECONCILED_AT = time(6, 0)  # of UTC: what was settled late on the day before is known by then


def make_schedules(foundation: Foundation, events: Events, sweeper: Function) -> None:
    group = ScheduleGroup(
        foundation.stack,
        "Schedules",
        name=foundation.naming.prefix,
        key=foundation.key,
        dead_letters=events.undelivered,
    )
    Schedule(
        foundation.stack,
        "Sweep",
        name=foundation.naming.name("sweep"),
        description="Unknown outcomes are settled, lapsed authorizations expire",
        group=group,
        every=timedelta(minutes=1),
        flexible=None,
        target=sweeper,
        message="{}",
    )
    Schedule(
        foundation.stack,
        "Reconcile",
        name=foundation.naming.name("reconcile"),
        description="What the gateway settled on the day before is compared with the ledger",
        group=group,
        every=RECONCILED_AT,
        flexible=timedelta(minutes=15),
        target=events.queues["settlements"],
        message='{"job": "reconcile", "scheduled": "<aws.scheduler.scheduled-time>"}',
    )
