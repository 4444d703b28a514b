"""A delivery: one event on its way to one endpoint, from the first attempt to success or the last one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from payments.changes import Event
from payments.ids import delivery_id
from payments.times import epoch, rfc3339
from payments.webhooks.endpoint import Endpoint

type Jitter = Callable[[float, float], float]
"""A number between two, by chance."""

# After each attempt that failed: three days and four hours in all, as Standard Webhooks suggests.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
MOST_ATTEMPTS = len(WAITS) + 1
SPREAD = 0.2  # of a wait, either way: endpoints that come back are not run over by all of it at once
LEASE = timedelta(minutes=3)  # longer than an attempt can take: one that dies is made again afterwards
KEPT = timedelta(days=30)
GONE = 410  # the receiver asks not to be sent anything any more


class DeliveryStatus(StrEnum):
    """Where a delivery stands; a failed one can be sent again by hand."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an attempt: a status of HTTP, or why there is none."""

    status: int | None = None
    error: str | None = None

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery at one version; `due` is when the next attempt may begin, `expires_at` when it is
    forgotten: epoch seconds. `attempts` counts those that were begun."""

    id: str
    event: str
    endpoint: str
    merchant: str
    payment: str
    type: str
    created: str
    expires_at: int
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    response_status: int | None = None
    error: str | None = None
    due: int | None = None
    version: int = 0

    def may_begin(self, now: int) -> bool:
        """Whether an attempt may begin: nobody is at it, and it is time."""
        return self.status is DeliveryStatus.PENDING and (self.due is None or self.due <= now)

    def begun(self, now: int) -> "Delivery":
        """The next attempt, leased; written before anything is sent."""
        lease = int(LEASE.total_seconds())
        return replace(self, attempts=self.attempts + 1, due=now + lease, version=self.version + 1)

    def ended(self, answered: Answered, now: int, jitter: Jitter) -> "Delivery":
        """After an attempt: done, due again, or failed when it was the last."""
        after = replace(
            self, response_status=answered.status, error=answered.error, due=None, version=self.version + 1
        )
        if answered.good:
            return replace(after, status=DeliveryStatus.SUCCEEDED)
        if self.attempts >= MOST_ATTEMPTS or answered.status == GONE:
            return replace(after, status=DeliveryStatus.FAILED)
        wait = WAITS[self.attempts - 1].total_seconds()
        return replace(after, due=now + round(jitter(wait * (1 - SPREAD), wait * (1 + SPREAD))))

    def given_up(self, error: str) -> "Delivery":
        """Nothing can be sent: there is no such endpoint any more."""
        return replace(self, status=DeliveryStatus.FAILED, error=error, due=None, version=self.version + 1)

    def again(self, now: int) -> "Delivery":
        """From the beginning, at once."""
        return replace(self, status=DeliveryStatus.PENDING, attempts=0, due=now, version=self.version + 1)

    def view(self) -> dict[str, object]:
        """The delivery as the API shows it."""
        waits = self.due if self.status is DeliveryStatus.PENDING else None
        return {
            "id": self.id,
            "event": self.event,
            "endpoint": self.endpoint,
            "type": self.type,
            "status": self.status,
            "attempts": self.attempts,
            "response_status": self.response_status,
            "error": self.error,
            "created": self.created,
            "next_attempt": rfc3339(datetime.fromtimestamp(waits, UTC)) if waits else None,
            "merchant": self.merchant,
        }


def addressed(event: Event, endpoint: Endpoint, moment: datetime) -> Delivery:
    """The delivery of an event to an endpoint, before its first attempt."""
    return Delivery(
        id=delivery_id(event.id, endpoint.id),
        event=event.id,
        endpoint=endpoint.id,
        merchant=event.merchant,
        payment=event.payment,
        type=event.type,
        created=rfc3339(moment),
        expires_at=epoch(moment + KEPT),
    )
