"""The worker: receives jobs one at a time and hides a running job from other workers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from payments.telemetry import Log

PAUSE = timedelta(seconds=10)  # after a failure of the queue


type Job = Mapping[str, str]
"""A message as ReceiveMessage returns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Receives jobs from SQS; `visibility` and `poll` are in seconds.

    Needs sqs:ReceiveMessage, DeleteMessage and ChangeMessageVisibility.
    """

    client: Any
    queue_url: str
    visibility: int
    poll: int
    log: Log

    def next(self) -> Job | None:
        """Returns a job, or None if none arrives during a poll."""
        answer = self.client.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=self.poll,
            VisibilityTimeout=self.visibility,
        )
        return next(iter(answer.get("Messages", [])), None)

    def delete(self, job: Job) -> None:
        """Deletes a finished job."""
        self.client.delete_message(QueueUrl=self.queue_url, ReceiptHandle=job["ReceiptHandle"])

    @contextmanager
    def extending(self, job: Job) -> Iterator[None]:
        """Extends a job's visibility timeout while it runs; it ends by itself if the worker dies."""
        ended = Event()
        extender = Thread(target=self._extend, args=(job, ended), daemon=True)
        extender.start()
        try:
            yield
        finally:
            ended.set()
            extender.join()

    def _extend(self, job: Job, ended: Event) -> None:
        while not ended.wait(self.visibility / 3):
            try:
                self.client.change_message_visibility(
                    QueueUrl=self.queue_url,
                    ReceiptHandle=job["ReceiptHandle"],
                    VisibilityTimeout=self.visibility,
                )
            except Exception as failure:
                self.log.error("visibility not extended", failure, message_id=job["MessageId"])


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
                do(job["Body"])
            jobs.delete(job)
        except Exception as failure:
            log.error("job failed", failure, message_id=job["MessageId"])
    log.info("worker stopped")
