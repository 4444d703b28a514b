"""A webhook delivery: the attempts to send one event to one endpoint."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from payments.changes import Event
from payments.formats import delivery_id, epoch, rfc3339
from payments.webhooks.endpoint import Endpoint

type Jitter = Callable[[float, float], float]
"""Returns a random float in [low, high]."""

# Waits after each failed attempt: three days and four hours in all, as Standard Webhooks suggests.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
MAX_ATTEMPTS = len(WAITS) + 1
JITTER = 0.2  # of a wait, either way: an endpoint that recovers does not get all deliveries at once
LEASE = timedelta(minutes=3)  # longer than an attempt can take; an attempt that died is made again afterwards
RETENTION = timedelta(days=30)
GONE = 410  # HTTP status of an endpoint that wants no more events
_SHOWN = ["id", "event", "endpoint", "type", "status", "attempts", "response_status", "error", "created"]


class DeliveryStatus(StrEnum):
    """Represents the state of a delivery; a failed one can be redelivered on request."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Response:
    """Represents the result of an attempt: an HTTP status, or the reason why there is none."""

    status: int | None = None
    error: str | None = None

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Represents one version of a delivery; `attempts` counts those that were started.

    Epoch seconds: `due`, from which the next attempt may start, and `expires_at`, at which TTL deletes it.
    """

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

    def may_start(self, now: int) -> bool:
        """Returns True if the next attempt is due and no other process has leased it."""
        return self.status is DeliveryStatus.PENDING and (self.due is None or self.due <= now)

    def started(self, now: int) -> Self:
        """Returns the delivery with its next attempt leased; written before anything is sent."""
        lease = int(LEASE.total_seconds())
        return replace(self, attempts=self.attempts + 1, due=now + lease, version=self.version + 1)

    def ended(self, response: Response, now: int, jitter: Jitter) -> Self:
        """Returns the delivery after an attempt: succeeded, due again, or failed after the last one."""
        after = replace(
            self, response_status=response.status, error=response.error, due=None, version=self.version + 1
        )
        if response.good:
            return replace(after, status=DeliveryStatus.SUCCEEDED)
        if self.attempts >= MAX_ATTEMPTS or response.status == GONE:
            return replace(after, status=DeliveryStatus.FAILED)
        wait = WAITS[self.attempts - 1].total_seconds()
        return replace(after, due=now + round(jitter(wait * (1 - JITTER), wait * (1 + JITTER))))

    def given_up(self, error: str) -> Self:
        """Returns the failed delivery of an endpoint that no longer exists."""
        return replace(self, status=DeliveryStatus.FAILED, error=error, due=None, version=self.version + 1)

    def restarted(self, now: int) -> Self:
        """Returns the delivery with all its attempts again, due at once."""
        return replace(self, status=DeliveryStatus.PENDING, attempts=0, due=now, version=self.version + 1)

    def view(self) -> dict[str, object]:
        """Returns the delivery as the API shows it."""
        due = self.due if self.status is DeliveryStatus.PENDING else None
        next_attempt = rfc3339(datetime.fromtimestamp(due, UTC)) if due else None
        shown = {name: getattr(self, name) for name in _SHOWN}
        return {**shown, "next_attempt": next_attempt, "merchant": self.merchant}


def new_delivery(event: Event, endpoint: Endpoint, moment: datetime) -> Delivery:
    """Returns the delivery of an event to an endpoint, before its first attempt."""
    return Delivery(
        id=delivery_id(event.id, endpoint.id),
        event=event.id,
        endpoint=endpoint.id,
        merchant=event.merchant,
        payment=event.payment,
        type=event.type,
        created=rfc3339(moment),
        expires_at=epoch(moment + RETENTION),
    )
