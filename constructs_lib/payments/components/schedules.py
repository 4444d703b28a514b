"""Schedules: a sweep every minute, a reconciliation every day."""

from datetime import time, timedelta

from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.compute.schedules import Schedule, ScheduleGroup
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.foundation import Foundation

RECONCILED_AT = time(6, 0)  # UTC: by then the gateway has late settlements of the day before


def make_schedules(foundation: Foundation, events: Events, sweeper: Function) -> None:
    """Creates both schedules."""
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
        description="Completes payments with unknown outcomes and expires lapsed authorizations",
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
        description="Compares the gateway's settlement of the day before with the ledger",
        group=group,
        every=RECONCILED_AT,
        flexible=timedelta(minutes=15),
        target=events.queues["settlements"],
        message='{"job": "reconcile", "scheduled": "<aws.scheduler.scheduled-time>"}',
    )
