"""The queue of jobs: one at a time, kept from others for as long as it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

from payments.logs import Log


@dataclass(frozen=True, slots=True)
class Job:
    """A message, and what it is held by."""

    id: str
    body: str
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Needs sqs:ReceiveMessage, DeleteMessage and ChangeMessageVisibility; times in seconds."""

    client: Any
    queue_url: str
    visibility: int
    poll: int
    log: Log

    def next(self) -> Job | None:
        """A job, or None after a poll in vain."""
        answer = self.client.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=self.poll,
            VisibilityTimeout=self.visibility,
        )
        found = [
            Job(message["MessageId"], message["Body"], message["ReceiptHandle"])
            for message in answer.get("Messages", [])
        ]
        return found[0] if found else None

    def done(self, job: Job) -> None:
        """It need not be done again."""
        self.client.delete_message(QueueUrl=self.queue_url, ReceiptHandle=job.receipt)

    @contextmanager
    def held(self, job: Job) -> Iterator[None]:
        """Nobody else gets it meanwhile; a worker that dies stops holding it."""
        ended = Event()
        keeper = Thread(target=self._keep, args=(job, ended), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            ended.set()
            keeper.join()

    def _keep(self, job: Job, ended: Event) -> None:
        while not ended.wait(self.visibility / 3):
            try:
                self.client.change_message_visibility(
                    QueueUrl=self.queue_url, ReceiptHandle=job.receipt, VisibilityTimeout=self.visibility
                )
            except Exception as failure:
                self.log.error("job not held", failure, message_id=job.id)
