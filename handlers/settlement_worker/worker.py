"""The main loop of the settlement worker."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event

from payments.telemetry import Log
from settlement_worker.jobs import Jobs

PAUSE = timedelta(seconds=10)  # after a failure of the queue


def work(
    *, jobs: Jobs, do: Callable[[str], None], stopped: Event, log: Log, pause: timedelta = PAUSE
) -> None:
    """Executes jobs one after the other until `stopped`; SQS repeats failed ones, then dead-letters them."""
    log.info("worker started")
    while not stopped.is_set():
        try:
            job = jobs.next()
        except Exception as failure:
            log.error("no answer from the queue", failure)
            stopped.wait(pause.total_seconds())
            continue
        if job is None:
            continue
        try:
            with jobs.extending(job):
                do(job.body)
            jobs.delete(job)
        except Exception as failure:
            log.error("job failed", failure, message_id=job.id)
    log.info("worker stopped")
