"""A change of a payment: its next version, the money that moved, and the event that tells the world."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from payments import json_text, ledger
from payments.gateway import ActionRequired, Approved, Declined, Done, Outcome, Result, Unknown
from payments.ids import event_id
from payments.ledger import Account, Entry, Kind
from payments.payment import (
    FINAL,
    CaptureMethod,
    Operation,
    Payment,
    Pending,
    Status,
    require_move,
    require_sound,
)
from payments.refund import Refund, RefundStatus
from payments.times import epoch, parsed, rfc3339

AUTHORIZED_FOR = timedelta(days=7)
_TOLD = {
    RefundStatus.PENDING: "payment.refund_pending",
    RefundStatus.SUCCEEDED: "payment.refunded",
    RefundStatus.FAILED: "payment.refund_failed",
}
EVENT_TYPES = ("payment.created", *(f"payment.{status}" for status in Status), *_TOLD.values())
_FIRST_LOOK, _LONGEST_WAIT = 60, 3600  # seconds between two questions about an answer that did not come


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a payment, numbered within it; `data` is the payment as JSON."""

    id: str
    type: str
    merchant: str
    payment: str
    sequence: int
    created: str
    data: str

    def view(self) -> dict[str, object]:
        """The event as the API shows it and the audit bucket keeps it."""
        return {
            "id": self.id,
            "type": self.type,
            "merchant": self.merchant,
            "payment": self.payment,
            "sequence": self.sequence,
            "created": self.created,
            "data": json_text.read(self.data),
        }


@dataclass(frozen=True, slots=True)
class Change:
    """Written whole or not at all; without an event when the world can see no difference."""

    payment: Payment
    event: Event | None = None
    entries: tuple[Entry, ...] = ()
    refund: Refund | None = None


def opened(payment: Payment) -> Change:
    """The first version, written before the gateway is asked, so that no charge is ever without a payment."""
    return Change(payment, _event(payment, "payment.created", payment.created))


def begun(payment: Payment, pending: Pending, due: int) -> Change:
    """The gateway is going to be asked: from now on nobody else may ask it about this payment."""
    require_sound(payment)
    return Change(replace(payment, pending=pending, due=due, version=payment.version + 1))


def withdrawn(payment: Payment) -> Change:
    """The gateway has not taken the question: as if it had never been."""
    return Change(replace(payment, pending=None, due=payment.expires, version=payment.version + 1))


def postponed(payment: Payment, due: int) -> Change:
    """Nobody need look at it before."""
    return Change(replace(payment, due=due, version=payment.version + 1))


def settled(payment: Payment, outcome: Outcome | Result, moment: datetime) -> Change:
    """What the gateway's answer makes of the payment that waits for it."""
    pending = waiting(payment)
    match pending.operation, outcome:
        case _, Unknown():
            return _unanswered(payment, pending, moment)
        case Operation.REFUND, Done():
            return _refunded(payment, pending, moment, RefundStatus.SUCCEEDED)
        case Operation.REFUND, Declined():
            return _refunded(payment, pending, moment, RefundStatus.FAILED)
        case Operation.CREATE, Approved(charge) if payment.capture_method is CaptureMethod.AUTOMATIC:
            moves = {Kind.AUTHORIZE: payment.amount, Kind.CAPTURE: payment.amount}
            return _moved(replace(payment, charge=charge), moment, Status.SUCCEEDED, moves)
        case Operation.CREATE, Approved(charge):
            moves = {Kind.AUTHORIZE: payment.amount}
            return _moved(_authorized(payment, charge, moment), moment, Status.REQUIRES_CAPTURE, moves)
        case Operation.CREATE, ActionRequired(charge):
            return _moved(_authorized(payment, charge, moment), moment, Status.REQUIRES_ACTION)
        case Operation.CREATE, Declined():
            return _moved(payment, moment, Status.FAILED, error=_error(outcome))
        case Operation.CAPTURE, Done():
            rest = payment.amount_capturable - pending.amount
            moves = {Kind.CAPTURE: pending.amount, Kind.VOID: rest if pending.final else 0}
            open_still = rest and not pending.final
            return _moved(payment, moment, Status.REQUIRES_CAPTURE if open_still else Status.SUCCEEDED, moves)
        # An authorization that the gateway does not know any more has lapsed there too.
        case (Operation.CANCEL | Operation.EXPIRE, Done()) | (Operation.EXPIRE, Declined()):
            after = Status.SUCCEEDED if payment.amount_captured else Status.CANCELED
            return _moved(payment, moment, after, {Kind.VOID: payment.amount_capturable})
        case ((Operation.CAPTURE | Operation.CANCEL), Declined()):
            before = Status.REQUIRES_CAPTURE if payment.amount_capturable else Status.REQUIRES_ACTION
            return _moved(payment, moment, before, error=_error(outcome))
    raise ValueError(f"{type(outcome).__name__} is no answer to {pending.operation}")


def waiting(payment: Payment) -> Pending:
    """What the gateway is being asked; raises ValueError when it is nothing."""
    if payment.pending is None:
        raise ValueError(f"nothing is asked about a payment that is {payment.status}")
    return payment.pending


def _authorized(payment: Payment, charge: str, moment: datetime) -> Payment:
    return replace(payment, charge=charge, expires=epoch(moment + AUTHORIZED_FOR))


def _unanswered(payment: Payment, pending: Pending, moment: datetime) -> Change:
    """The question stays; it is asked again after as long as it has been open. The world is told once."""
    open_for = epoch(moment) - epoch(parsed(pending.created))
    due = epoch(moment) + min(max(open_for, _FIRST_LOOK), _LONGEST_WAIT)
    if pending.unanswered:
        return postponed(payment, due)
    still = replace(pending, unanswered=True)
    if pending.operation is Operation.REFUND:
        change = _refunded(payment, pending, moment, RefundStatus.PENDING)
        return replace(change, payment=replace(change.payment, pending=still, due=due))
    error = {"code": "outcome_unknown", "message": "The gateway did not answer in time."}
    return _moved(payment, moment, Status.PROCESSING, error=error, pending=still, due=due)


def _refunded(payment: Payment, pending: Pending, moment: datetime, status: RefundStatus) -> Change:
    """The status of the payment stays: what was refunded has still succeeded."""
    refund = Refund(
        id=str(pending.refund),
        payment=payment.id,
        merchant=payment.merchant,
        amount=pending.amount,
        currency=payment.currency,
        reason=pending.reason,
        status=status,
        created=pending.created,
    )
    known = payment if pending.unanswered else replace(payment, refunds=payment.refunds + 1)
    moves = {Kind.REFUND: pending.amount} if status is RefundStatus.SUCCEEDED else {}
    change = _next(known, moment, _TOLD[status], moves)
    return replace(change, refund=refund)


def _moved(
    payment: Payment,
    moment: datetime,
    status: Status,
    moves: Mapping[Kind, int] | None = None,
    *,
    error: Mapping[str, str] | None = None,
    pending: Pending | None = None,
    due: int | None = None,
) -> Change:
    require_move(payment.status, status)
    moved = replace(payment, status=status, last_error=error)
    some = {kind: amount for kind, amount in (moves or {}).items() if amount}
    return _next(moved, moment, f"payment.{status}", some, pending=pending, due=due)


def _next(
    payment: Payment,
    moment: datetime,
    told: str,
    moves: Mapping[Kind, int],
    *,
    pending: Pending | None = None,
    due: int | None = None,
) -> Change:
    """The next version. Its amounts are read off the entries, so that the two cannot disagree."""
    now = rfc3339(moment)
    entries = tuple(
        Entry(
            payment=payment.id,
            merchant=payment.merchant,
            sequence=sequence,
            kind=kind,
            currency=payment.currency,
            created=now,
            postings=ledger.postings(kind, amount),
        )
        for sequence, (kind, amount) in enumerate(moves.items(), payment.entries + 1)
    )
    refunded = -ledger.balance((entry for entry in entries if entry.kind is Kind.REFUND), Account.RECEIVABLE)
    lapses = payment.expires if payment.status not in FINAL else None
    after = replace(
        payment,
        amount_capturable=payment.amount_capturable + ledger.balance(entries, Account.AUTHORIZED),
        amount_captured=payment.amount_captured + ledger.balance(entries, Account.RECEIVABLE) + refunded,
        amount_refunded=payment.amount_refunded + refunded,
        pending=pending,
        expires=lapses,
        due=due or lapses,
        version=payment.version + 1,
        events=payment.events + 1,
        entries=payment.entries + len(entries),
    )
    require_sound(after)
    return Change(after, _event(after, told, now), entries)


def _error(declined: Declined) -> Mapping[str, str]:
    return {
        "code": "payment_declined",
        "decline_code": declined.decline_code,
        "message": declined.message,
    }


def _event(payment: Payment, kind: str, now: str) -> Event:
    return Event(
        id=event_id(payment.id, payment.events),
        type=kind,
        merchant=payment.merchant,
        payment=payment.id,
        sequence=payment.events,
        created=now,
        data=json_text.write(payment.view()),
    )
