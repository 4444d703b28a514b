"""A payment: its states, its pending operation and the gateway's possible outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from payments.ledger import LedgerBreak


class Status(StrEnum):
    """Represents the state of a payment."""

    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    FAILED = "failed"


class CaptureMethod(StrEnum):
    """Represents whether money is captured with the authorization or by a later request."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Operation(StrEnum):
    """Represents an operation of the gateway on a payment."""

    CREATE = "create"
    CAPTURE = "capture"
    CANCEL = "cancel"
    EXPIRE = "expire"
    REFUND = "refund"


FINAL = frozenset({Status.SUCCEEDED, Status.CANCELED, Status.FAILED})
_ALL = frozenset(Status)
NEXT: Mapping[Status, frozenset[Status]] = {
    # Processing again: the gateway did not answer, the sweeper settles the payment.
    Status.PROCESSING: _ALL,
    Status.REQUIRES_ACTION: _ALL,
    # Requires capture again: after a partial capture that is not final, or a declined capture.
    Status.REQUIRES_CAPTURE: frozenset(
        {Status.REQUIRES_CAPTURE, Status.PROCESSING, Status.SUCCEEDED, Status.CANCELED}
    ),
    **dict.fromkeys(FINAL, frozenset()),
}


@dataclass(frozen=True, slots=True)
class Approved:
    """Represents an authorized charge, captured if that was requested; `charge` is its id at the gateway."""

    charge: str


@dataclass(frozen=True, slots=True)
class Done:
    """Represents a capture, cancellation or refund that was made as requested."""


@dataclass(frozen=True, slots=True)
class Declined:
    """Represents a refusal: no money will move."""

    decline_code: str
    message: str


@dataclass(frozen=True, slots=True)
class ActionRequired:
    """Represents a charge that waits for the payer, for example for a 3-D Secure challenge."""

    charge: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Represents a missing answer: the gateway may or may not have done it."""


type Outcome = Approved | Declined | ActionRequired | Unknown
"""The outcome of a charge."""
type Result = Done | Declined | Unknown
"""The outcome of a capture, cancellation or refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Represents the operation that is sent to the gateway, stored first so that any process can finish it.

    `key` is the idempotency key for the gateway. `digest` identifies the merchant's idempotency record that
    waits for the answer; empty for an expiry. `refund` is the id of the future refund. `unanswered` is set
    once the gateway has not answered in time.
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
    """Represents one version of a payment; amounts are minor units of its currency.

    `events`, `entries` and `refunds` are the numbers of appended ones. Epoch seconds: `expires`, at which the
    authorization lapses, and `due`, at which the sweeper must look at the payment.
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
        """Returns the payment as the API and its events show it."""
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

    def require_pending(self) -> Pending:
        """Returns the pending operation. Raises ValueError if there is none."""
        if self.pending is None:
            raise ValueError(f"no operation is pending on a payment that is {self.status}")
        return self.pending


def require_move(before: Status, after: Status) -> None:
    """Raises ValueError for a transition that the state machine does not have."""
    if after not in NEXT[before]:
        raise ValueError(f"a payment cannot go from {before} to {after}")


def require_sound(payment: Payment) -> None:
    """Raises LedgerBreak if more is captured than authorized, or more refunded than captured."""
    taken = payment.amount_captured + payment.amount_capturable
    amounts = (payment.amount_capturable, payment.amount_captured, payment.amount_refunded)
    if min(amounts) < 0 or taken > payment.amount or payment.amount_refunded > payment.amount_captured:
        raise LedgerBreak(f"{payment.id} has captured, voided or refunded more than there was")
