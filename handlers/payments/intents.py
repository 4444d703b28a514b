"""What a caller may ask of a payment that is there, and when: the rules before the gateway is asked."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from payments.changes import Change, begun
from payments.ids import refund_id
from payments.payment import Operation, Payment, Pending, Status
from payments.problems import Problem, invalid
from payments.times import epoch, lease_end, rfc3339

_RETRY_AFTER = 1


@dataclass(frozen=True, slots=True)
class Capture:
    """Take so much of what is authorized, all of it by default; a final capture releases the rest."""

    amount: int | None = None
    final: bool = True


@dataclass(frozen=True, slots=True)
class Cancel:
    """Release all that is authorized and not captured."""


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Refund so much of what was captured, by default all that was not refunded before."""

    amount: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expire:
    """The same, asked by the clock."""


type Intent = Capture | Cancel | GiveBack | Expire


def begin(payment: Payment, intent: Intent, digest: str, moment: datetime, lease: int) -> Change:
    """The change that lets the intent ask the gateway, or a Problem that says why it may not."""
    if payment.pending:
        raise busy()
    new = partial(
        Pending,
        # Given again only after the gateway has turned this one away, and so never seen it.
        key=f"{payment.id}-{payment.version + 1}",
        digest=digest,
        created=rfc3339(moment),
    )
    now = epoch(moment)
    match intent:
        case Capture(amount, final):
            pending = new(operation=Operation.CAPTURE, amount=_capturable(payment, amount, now), final=final)
        case Cancel():
            pending = new(operation=Operation.CANCEL, amount=_cancelable(payment))
        case Expire():
            pending = new(operation=Operation.EXPIRE, amount=_expirable(payment, now))
        case GiveBack(amount, reason):
            pending = new(
                operation=Operation.REFUND,
                amount=_refundable(payment, amount),
                refund=refund_id(payment.id, payment.refunds + 1),
                reason=reason,
            )
    return begun(payment, pending, due=lease_end(now, lease))


def expired(payment: Payment, now: int) -> bool:
    """Whether the authorization has lapsed: what was not captured by now cannot be."""
    return payment.expires is not None and payment.expires <= now


def busy() -> Problem:
    """The 409 of a payment about which the gateway is being asked."""
    return Problem(
        "payment_busy",
        "The gateway has not answered yet about this payment: repeat the request.",
        retry_after=_RETRY_AFTER,
    )


def _capturable(payment: Payment, amount: int | None, now: int) -> int:
    if payment.status is not Status.REQUIRES_CAPTURE:
        raise _wrong_state(payment, "captured")
    if expired(payment, now):
        raise Problem("payment_state", "The authorization has expired.", payment=payment.id)
    return _at_most(payment.amount_capturable, amount, "capturable")


def _cancelable(payment: Payment) -> int:
    if payment.status not in (Status.REQUIRES_CAPTURE, Status.REQUIRES_ACTION):
        raise _wrong_state(payment, "canceled")
    return payment.amount_capturable


def _refundable(payment: Payment, amount: int | None) -> int:
    rest = payment.amount_captured - payment.amount_refunded
    if not rest:
        all_back = "All that was captured is refunded already."
        why = all_back if payment.amount_captured else "Nothing is captured that could be refunded."
        raise Problem("payment_state", why, payment=payment.id)
    return _at_most(rest, amount, "refundable")


def _expirable(payment: Payment, now: int) -> int:
    if not expired(payment, now):
        raise Problem("payment_state", "The authorization has not expired.", payment=payment.id)
    return payment.amount_capturable


def _at_most(limit: int, amount: int | None, what: str) -> int:
    """The amount, by default all of the limit."""
    if amount is not None and amount > limit:
        raise invalid([{"param": "amount", "detail": f"must be at most {limit}, what is {what}"}])
    return limit if amount is None else amount


def _wrong_state(payment: Payment, done: str) -> Problem:
    return Problem(
        "payment_state", f"A payment that is {payment.status} cannot be {done}.", payment=payment.id
    )
