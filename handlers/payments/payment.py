"""A payment, the states that it may go through, and what the gateway is being asked about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from payments.ledger import LedgerBreak


class Status(StrEnum):
    """Where a payment stands."""

    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    FAILED = "failed"


class CaptureMethod(StrEnum):
    """Whether the money is taken with the authorization or by a later call."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Operation(StrEnum):
    """What the gateway can be asked to do with a payment."""

    CREATE = "create"
    CAPTURE = "capture"
    CANCEL = "cancel"
    EXPIRE = "expire"
    REFUND = "refund"


FINAL = frozenset({Status.SUCCEEDED, Status.CANCELED, Status.FAILED})
_EVERY = frozenset(Status)
NEXT: Mapping[Status, frozenset[Status]] = {
    # Processing again: the gateway's answer did not come, the payment waits to be settled.
    Status.PROCESSING: _EVERY,
    Status.REQUIRES_ACTION: _EVERY,
    # Requires capture again: a partial capture that is not the last one, or one that the gateway refused.
    Status.REQUIRES_CAPTURE: frozenset(
        {Status.REQUIRES_CAPTURE, Status.PROCESSING, Status.SUCCEEDED, Status.CANCELED}
    ),
    **dict.fromkeys(FINAL, frozenset()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What the gateway is asked, written before it is asked, so that whoever comes next can end it.

    `key` is our idempotency key at the gateway; `digest` names the merchant's idempotency record that waits
    for the answer, empty when the clock asked; `refund` is the id that a refund will have; `unanswered` once
    the gateway has not answered in time.
    """

    operation: Operation
    key: str
    digest: str
    amount: int
    created: str
    final: bool = True
    refund: str | None = None
    reason: str | None = None
    unanswered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment at one version; amounts are minor units of its currency.

    `events`, `entries` and `refunds` count what was appended so far. `expires` is when the authorization
    lapses, `due` when somebody must look at the payment if nothing has happened to it: epoch seconds.
    """

    id: str
    merchant: str
    amount: int
    currency: str
    capture_method: CaptureMethod
    payment_method: str
    created: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    status: Status = Status.PROCESSING
    amount_capturable: int = 0
    amount_captured: int = 0
    amount_refunded: int = 0
    last_error: Mapping[str, str] | None = None
    charge: str | None = None
    pending: Pending | None = None
    expires: int | None = None
    due: int | None = None
    version: int = 1
    events: int = 1
    entries: int = 0
    refunds: int = 0

    def view(self) -> dict[str, object]:
        """The payment as the API and its events show it."""
        return {
            "id": self.id,
            "amount": self.amount,
            "amount_capturable": self.amount_capturable,
            "amount_captured": self.amount_captured,
            "amount_refunded": self.amount_refunded,
            "currency": self.currency,
            "capture_method": self.capture_method,
            "status": self.status,
            "created": self.created,
            "metadata": self.metadata,
            "last_error": self.last_error,
            "payment_method": self.payment_method,
            "merchant": self.merchant,
        }


def require_move(before: Status, after: Status) -> None:
    """Raises ValueError when the state machine has no such step."""
    if after not in NEXT[before]:
        raise ValueError(f"a payment cannot go from {before} to {after}")


def require_sound(payment: Payment) -> None:
    """Raises LedgerBreak when more is captured than was authorized, or more refunded than captured."""
    taken = payment.amount_captured + payment.amount_capturable
    amounts = (payment.amount_capturable, payment.amount_captured, payment.amount_refunded)
    if min(amounts) < 0 or taken > payment.amount or payment.amount_refunded > payment.amount_captured:
        raise LedgerBreak(f"{payment.id} has captured, voided or refunded more than there was")
