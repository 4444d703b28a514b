"""Rules for capture, cancellation, refund and expiry of an existing payment."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from payments.changes import Change, start_operation
from payments.formats import epoch, lease_end, refund_id, rfc3339
from payments.payment import Operation, Payment, Pending, Status
from payments.problems import Problem, invalid_param

_RETRY_AFTER = 1  # second


@dataclass(frozen=True, slots=True)
class Capture:
    """Represents a capture, by default of the whole authorization; a final capture releases the rest."""

    amount: int | None = None
    final: bool = True


@dataclass(frozen=True, slots=True)
class Cancel:
    """Represents a cancellation: it releases the rest of the authorization."""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Represents a refund, by default of the whole captured amount that is not refunded."""

    amount: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expire:
    """Represents a cancellation by the sweeper after the authorization has lapsed."""


type RequestedOperation = Capture | Cancel | RefundRequest | Expire


def begin(
    payment: Payment, requested: RequestedOperation, digest: str, moment: datetime, lease: int
) -> Change:
    """Returns the change that reserves the payment for the operation. Raises Problem if a rule refuses it."""
    if payment.pending:
        raise busy()
    new = partial(
        Pending,
        # The version can repeat only if the gateway has rejected the request, so it never processed this key.
        key=f"{payment.id}-{payment.version + 1}",
        digest=digest,
        created=rfc3339(moment),
    )
    now = epoch(moment)
    match requested:
        case Capture(amount, final):
            pending = new(operation=Operation.CAPTURE, amount=_capturable(payment, amount, now), final=final)
        case Cancel():
            pending = new(operation=Operation.CANCEL, amount=_cancelable(payment))
        case Expire():
            pending = new(operation=Operation.EXPIRE, amount=_expirable(payment, now))
        case RefundRequest(amount, reason):
            pending = new(
                operation=Operation.REFUND,
                amount=_refundable(payment, amount),
                refund=refund_id(payment.id, payment.refunds + 1),
                reason=reason,
            )
    return start_operation(payment, pending, due=lease_end(now, lease))


def expired(payment: Payment, now: int) -> bool:
    """Returns True if the authorization has lapsed, so that nothing more can be captured."""
    return payment.expires is not None and payment.expires <= now


def busy() -> Problem:
    """Returns the 409 of a payment with a pending operation."""
    return Problem(
        "payment_busy",
        "Another operation of this payment is still running: repeat the request.",
        retry_after=_RETRY_AFTER,
    )


def _capturable(payment: Payment, amount: int | None, now: int) -> int:
    if payment.status is not Status.REQUIRES_CAPTURE:
        raise _wrong_state(payment, "captured")
    if expired(payment, now):
        raise Problem("payment_state", "The authorization has expired.", payment=payment.id)
    return _at_most(amount, payment.amount_capturable, "capturable")


def _cancelable(payment: Payment) -> int:
    if payment.status not in (Status.REQUIRES_CAPTURE, Status.REQUIRES_ACTION):
        raise _wrong_state(payment, "canceled")
    return payment.amount_capturable


def _refundable(payment: Payment, amount: int | None) -> int:
    rest = payment.amount_captured - payment.amount_refunded
    if not rest:
        refunded = "The whole captured amount is already refunded."
        reason = refunded if payment.amount_captured else "The payment has no captured amount to refund."
        raise Problem("payment_state", reason, payment=payment.id)
    return _at_most(amount, rest, "refundable")


def _expirable(payment: Payment, now: int) -> int:
    if not expired(payment, now):
        raise Problem("payment_state", "The authorization has not expired.", payment=payment.id)
    return payment.amount_capturable


def _at_most(amount: int | None, limit: int, kind: str) -> int:
    if amount is not None and amount > limit:
        raise invalid_param("amount", f"must be at most {limit}, the {kind} amount")
    return limit if amount is None else amount


def _wrong_state(payment: Payment, done: str) -> Problem:
    return Problem(
        "payment_state", f"A payment that is {payment.status} cannot be {done}.", payment=payment.id
    )
