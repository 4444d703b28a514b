"""The work of a machine, from its start to its end."""

from datetime import timedelta
from threading import Event

from payments.logs import Log

SETTLES_AT_ONCE = ("simulator",)


def work(*, gateway: str, beat: timedelta, stopped: Event, log: Log) -> None:
    """Wait for work until `stopped`: a gateway that settles at once leaves none.

    Raises ValueError for any other gateway, which must not look settled because nobody looked.
    """
    if gateway not in SETTLES_AT_ONCE:
        raise ValueError(f"settlements of {gateway} cannot be read")
    log.info("worker started")
    while not stopped.wait(beat.total_seconds()):
        log.info("nothing to settle")
    log.info("worker stopped")
