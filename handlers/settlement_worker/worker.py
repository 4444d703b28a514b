"""The work of a machine, from its start to its end."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event

from payments.logs import Log
from settlement_worker.jobs import Jobs

PAUSE = timedelta(seconds=10)  # after a queue that could not be asked


def work(
    *, jobs: Jobs, do: Callable[[str], None], stopped: Event, log: Log, pause: timedelta = PAUSE
) -> None:
    """Do one job after the other until `stopped`; one that fails comes again, in the end as a dead letter."""
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
            with jobs.held(job):
                do(job.body)
            jobs.done(job)
        except Exception as failure:
            log.error("job failed", failure, message_id=job.id)
    log.info("worker stopped")
