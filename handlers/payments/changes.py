"""Changes of a payment: the next version, its ledger entries and the event that reports it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from payments.formats import epoch, event_id, from_json, rfc3339, to_json
from payments.ledger import Account, Entry, Kind, balance, postings
from payments.payment import (
    FINAL,
    ActionRequired,
    Approved,
    CaptureMethod,
    Declined,
    Done,
    Operation,
    Outcome,
    Payment,
    Pending,
    Result,
    Status,
    Unknown,
    require_move,
    require_sound,
)
from payments.refund import Refund, RefundStatus

AUTHORIZED_FOR = timedelta(days=7)
_REFUND_EVENTS = {
    RefundStatus.PENDING: "payment.refund_pending",
    RefundStatus.SUCCEEDED: "payment.refunded",
    RefundStatus.FAILED: "payment.refund_failed",
}
EVENT_TYPES = ("payment.created", *(f"payment.{status}" for status in Status), *_REFUND_EVENTS.values())
_MIN_WAIT, _MAX_WAIT = 60, 3600  # seconds between two queries about a missing answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Represents an event of a payment, numbered within it; `data` is the payment as JSON text."""

    id: str
    type: str
    merchant: str
    payment: str
    sequence: int
    created: str
    data: str

    def view(self) -> dict[str, object]:
        """Returns the event as the API shows it and the audit bucket stores it."""
        return asdict(self) | {"data": from_json(self.data)}


@dataclass(frozen=True, slots=True)
class Change:
    """Represents what one transaction writes; no event if the API would show no difference."""

    payment: Payment
    event: Event | None = None
    entries: tuple[Entry, ...] = ()
    refund: Refund | None = None


def create(payment: Payment) -> Change:
    """Returns the first version, written before the gateway is called: no charge is without a payment."""
    return Change(payment, _event(payment, "payment.created", payment.created))


def start_operation(payment: Payment, pending: Pending, due: int) -> Change:
    """Returns the version that reserves the payment for one operation at the gateway."""
    require_sound(payment)
    return Change(replace(payment, pending=pending, due=due, version=payment.version + 1))


def abort_operation(payment: Payment) -> Change:
    """Returns the version without the pending operation, which the gateway has not accepted."""
    return Change(replace(payment, pending=None, due=payment.expires, version=payment.version + 1))


def reschedule(payment: Payment, due: int) -> Change:
    """Returns the version at which the sweeper looks no earlier than at `due`."""
    return Change(replace(payment, due=due, version=payment.version + 1))


def apply_outcome(payment: Payment, outcome: Outcome | Result, moment: datetime) -> Change:
    """Returns the change that an outcome of the gateway makes to a payment with a pending operation."""
    pending = payment.require_pending()
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
            still_open = rest and not pending.final
            return _moved(payment, moment, Status.REQUIRES_CAPTURE if still_open else Status.SUCCEEDED, moves)
        # An authorization that the gateway does not know any more has lapsed there too.
        case (Operation.CANCEL | Operation.EXPIRE, Done()) | (Operation.EXPIRE, Declined()):
            after = Status.SUCCEEDED if payment.amount_captured else Status.CANCELED
            return _moved(payment, moment, after, {Kind.VOID: payment.amount_capturable})
        case ((Operation.CAPTURE | Operation.CANCEL), Declined()):
            before = Status.REQUIRES_CAPTURE if payment.amount_capturable else Status.REQUIRES_ACTION
            return _moved(payment, moment, before, error=_error(outcome))
    raise ValueError(f"{type(outcome).__name__} is not an outcome of {pending.operation}")


def _authorized(payment: Payment, charge: str, moment: datetime) -> Payment:
    return replace(payment, charge=charge, expires=epoch(moment + AUTHORIZED_FOR))


def _unanswered(payment: Payment, pending: Pending, moment: datetime) -> Change:
    """Keeps the operation pending; the next query follows after as long as the answer has been missing.

    Only the first missing answer is an event.
    """
    open_seconds = epoch(moment) - epoch(datetime.fromisoformat(pending.created))
    due = epoch(moment) + min(max(open_seconds, _MIN_WAIT), _MAX_WAIT)
    if pending.unanswered:
        return reschedule(payment, due)
    still_pending = replace(pending, unanswered=True)
    if pending.operation is Operation.REFUND:
        change = _refunded(payment, pending, moment, RefundStatus.PENDING)
    else:
        error = {"code": "outcome_unknown", "message": "The gateway did not answer in time."}
        change = _moved(payment, moment, Status.PROCESSING, error=error)
    return replace(change, payment=replace(change.payment, pending=still_pending, due=due))


def _refunded(payment: Payment, pending: Pending, moment: datetime, status: RefundStatus) -> Change:
    """Keeps the payment's status: a refunded payment has still succeeded."""
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
    counted = payment if pending.unanswered else replace(payment, refunds=payment.refunds + 1)
    moves = {Kind.REFUND: pending.amount} if status is RefundStatus.SUCCEEDED else {}
    return replace(_next(counted, moment, _REFUND_EVENTS[status], moves), refund=refund)


def _moved(
    payment: Payment,
    moment: datetime,
    status: Status,
    moves: Mapping[Kind, int] | None = None,
    *,
    error: Mapping[str, str] | None = None,
) -> Change:
    require_move(payment.status, status)
    moved = replace(payment, status=status, last_error=error)
    nonzero = {kind: amount for kind, amount in (moves or {}).items() if amount}
    return _next(moved, moment, f"payment.{status}", nonzero)


def _next(payment: Payment, moment: datetime, event_type: str, moves: Mapping[Kind, int]) -> Change:
    """Returns the next version; its amounts are the sums of its entries, so that they cannot disagree."""
    now = rfc3339(moment)
    entries = tuple(
        Entry(
            payment=payment.id,
            merchant=payment.merchant,
            sequence=sequence,
            kind=kind,
            currency=payment.currency,
            created=now,
            postings=postings(kind, amount),
        )
        for sequence, (kind, amount) in enumerate(moves.items(), payment.entries + 1)
    )
    refunded = -balance((entry for entry in entries if entry.kind is Kind.REFUND), Account.RECEIVABLE)
    expires = payment.expires if payment.status not in FINAL else None
    after = replace(
        payment,
        amount_capturable=payment.amount_capturable + balance(entries, Account.AUTHORIZED),
        amount_captured=payment.amount_captured + balance(entries, Account.RECEIVABLE) + refunded,
        amount_refunded=payment.amount_refunded + refunded,
        pending=None,
        expires=expires,
        due=expires,
        version=payment.version + 1,
        events=payment.events + 1,
        entries=payment.entries + len(entries),
    )
    require_sound(after)
    return Change(after, _event(after, event_type, now), entries)


def _error(declined: Declined) -> Mapping[str, str]:
    return {"code": "payment_declined", **asdict(declined)}


def _event(payment: Payment, event_type: str, now: str) -> Event:
    return Event(
        id=event_id(payment.id, payment.events),
        type=event_type,
        merchant=payment.merchant,
        payment=payment.id,
        sequence=payment.events,
        created=now,
        data=to_json(payment.view()),
    )
