"""A change of a payment: its next version, the money that moved, and the event that tells the world."""

from dataclasses import dataclass, replace

from payments import json_text, ledger
from payments.gateway import ActionRequired, Approved, Declined, Outcome, Unknown
from payments.ids import event_id
from payments.ledger import Account, Entry, Kind
from payments.payment import CaptureMethod, Payment, Status, require_move


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a payment; `sequence` is the version that it made, `data` the payment as JSON."""

    id: str
    type: str
    merchant: str
    payment: str
    sequence: int
    created: str
    data: str


@dataclass(frozen=True, slots=True)
class Change:
    """Written whole or not at all."""

    payment: Payment
    event: Event
    entries: tuple[Entry, ...] = ()


def opened(payment: Payment) -> Change:
    """The first version, written before the gateway is asked, so that no charge is ever without a payment."""
    return Change(payment, _event(payment, "payment.created", payment.created))


def settled(payment: Payment, outcome: Outcome, now: str) -> Change:
    """What the gateway's answer makes of an open payment."""
    match outcome:
        case Approved(charge) if payment.capture_method is CaptureMethod.AUTOMATIC:
            return _moved(payment, now, Status.SUCCEEDED, Kind.AUTHORIZE, Kind.CAPTURE, charge=charge)
        case Approved(charge):
            return _moved(payment, now, Status.REQUIRES_CAPTURE, Kind.AUTHORIZE, charge=charge)
        case ActionRequired(charge):
            return _moved(payment, now, Status.REQUIRES_ACTION, charge=charge)
        case Declined(decline_code, message):
            error = {"code": "payment_declined", "decline_code": decline_code, "message": message}
            return _moved(payment, now, Status.FAILED, error=error)
        case Unknown():
            error = {"code": "outcome_unknown", "message": "The gateway did not answer in time."}
            return _moved(payment, now, Status.PROCESSING, error=error)


def _moved(
    payment: Payment,
    now: str,
    status: Status,
    *kinds: Kind,
    charge: str | None = None,
    error: dict[str, str] | None = None,
) -> Change:
    """The next version. Its amounts are read off the entries, so that the two cannot disagree."""
    require_move(payment.status, status)
    entries = tuple(
        Entry(
            payment=payment.id,
            merchant=payment.merchant,
            sequence=sequence,
            kind=kind,
            currency=payment.currency,
            created=now,
            postings=ledger.postings(kind, payment.amount),
        )
        for sequence, kind in enumerate(kinds, payment.entries + 1)
    )
    after = replace(
        payment,
        status=status,
        amount_capturable=payment.amount_capturable + ledger.balance(entries, Account.AUTHORIZED),
        amount_captured=payment.amount_captured + ledger.balance(entries, Account.RECEIVABLE),
        last_error=error,
        charge=charge,
        version=payment.version + 1,
        entries=payment.entries + len(entries),
    )
    return Change(after, _event(after, f"payment.{status}", now), entries)


def _event(payment: Payment, kind: str, now: str) -> Event:
    return Event(
        id=event_id(payment.id, payment.version),
        type=kind,
        merchant=payment.merchant,
        payment=payment.id,
        sequence=payment.version,
        created=now,
        data=json_text.write(payment.view()),
    )
