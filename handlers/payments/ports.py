"""Ports: the payment gateway, the store of payments, and its lists."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from payments.api.idempotency import Record
from payments.changes import Change, Event
from payments.payment import CaptureMethod, Declined, Operation, Outcome, Payment, Result, Status
from payments.refund import Refund

_PAGE = 100
NOT_CHARGED = Declined("not_charged", "The gateway never received the charge: no money was taken.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Represents a charge to make. A repetition with the same key has the same outcome and moves nothing."""

    idempotency_key: str
    amount: int
    currency: str
    payment_method: str
    capture: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Represents a capture, cancellation or refund of a charge, made once for each key.

    `final` matters for captures: the final one releases the rest.
    """

    idempotency_key: str
    charge: str
    amount: int
    currency: str
    final: bool


@dataclass(frozen=True, slots=True)
class Busy:
    """Represents a rejected request: the gateway has done nothing and accepts it in `retry_after` seconds."""

    retry_after: int


class Gateway(Protocol):
    """Represents a payment gateway. It raises no exception for a time-out or a decline."""

    def charge(self, order: Order) -> Outcome | Busy:
        """Makes a charge."""

    def find(self, order: Order) -> Outcome | Busy:
        """Returns the outcome of an earlier charge with this key, or NOT_CHARGED; makes no charge."""

    def capture(self, movement: Movement) -> Result | Busy:
        """Captures authorized money."""

    def cancel(self, movement: Movement) -> Result | Busy:
        """Releases the rest of an authorization."""

    def refund(self, movement: Movement) -> Result | Busy:
        """Refunds captured money."""


def send_to_gateway(gateway: Gateway, payment: Payment) -> Outcome | Result | Busy:
    """Sends the pending operation; a repetition has the same key, so that nothing is done twice."""
    match payment.require_pending().operation:
        case Operation.CREATE:
            return gateway.charge(_order(payment))
        case Operation.CAPTURE:
            return gateway.capture(_movement(payment))
        case Operation.CANCEL | Operation.EXPIRE:
            return gateway.cancel(_movement(payment))
        case Operation.REFUND:
            return gateway.refund(_movement(payment))


def query_outcome(gateway: Gateway, payment: Payment) -> Outcome | Result | Busy:
    """Sends the pending operation again, but only looks for a charge: its caller does not wait for it."""
    if payment.require_pending().operation is Operation.CREATE:
        return gateway.find(_order(payment))
    return send_to_gateway(gateway, payment)


def _order(payment: Payment) -> Order:
    return Order(
        idempotency_key=payment.require_pending().key,
        amount=payment.amount,
        currency=payment.currency,
        payment_method=payment.payment_method,
        capture=payment.capture_method is CaptureMethod.AUTOMATIC,
    )


def _movement(payment: Payment) -> Movement:
    pending = payment.require_pending()
    if payment.charge is None:
        raise ValueError("the payment has no charge at the gateway")
    return Movement(
        idempotency_key=pending.key,
        charge=payment.charge,
        amount=pending.amount,
        currency=payment.currency,
        final=pending.final,
    )


class Unavailable(Exception):
    """Reports that the store does not answer, or was contended for too long; a retry may succeed."""


class Changed(Unavailable):
    """Reports that another process has changed the replaced version; nothing was written."""


class Store(Protocol):
    """Represents the store of payments, their ledger, their events and idempotency records.

    A change is written only over the preceding version; otherwise Changed is raised and nothing is written.
    """

    def claim(self, record: Record, change: Change, now: int) -> Record | None:
        """Writes a new record and a change, or returns the existing record of the key and writes nothing."""

    def replace(self, record: Record, *, held_by: str, change: Change | None = None) -> Record | None:
        """Writes a record and a change if `held_by` holds it unfinished; else returns the existing record."""

    def write(self, change: Change, attempt: str) -> None:
        """Writes a change without a record; `attempt` is unique for each write."""

    def record(self, merchant: str, digest: str) -> Record | None:
        """Returns the record of a key, finished or not, expired or not."""

    def refund(self, refund_id: str) -> Refund | None:
        """Returns the refund as last written."""

    def payment(self, payment_id: str) -> Payment | None:
        """Returns the payment as last written."""


@dataclass(frozen=True, slots=True)
class Window:
    """Represents the requested part of a list; `after` is a position as a Page returns it."""

    limit: int
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Represents a page of a list; `last` is the position of its last item, None on the last page."""

    items: Sequence[T]
    last: str | None = None


def every_item[T](read: Callable[[Window], Page[T]]) -> Iterator[T]:
    """Yields the items of all pages of a list."""
    page = read(Window(_PAGE))
    yield from page.items
    while page.last is not None:
        page = read(Window(_PAGE, page.last))
        yield from page.items


class Lists(Protocol):
    """Represents the lists of the store, newest first. The writes of the last moment may be missing."""

    def payments(self, merchant: str, status: Status | None, window: Window) -> Page[Payment]:
        """Lists a merchant's payments. A page of one status may be short: changed payments are left out."""

    def refunds(self, payment: str, window: Window) -> Page[Refund]:
        """Lists the refunds of a payment."""

    def events(self, merchant: str, payment: str | None, window: Window) -> Page[Event]:
        """Lists a merchant's events, or those of one payment of the merchant."""

    def event(self, event_id: str) -> Event | None:
        """Returns one event."""
