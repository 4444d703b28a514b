"""Creating a payment: claim the key, charge, commit. Wherever this stops, a repetition ends it rightly.

Stopped before the claim, nothing has happened. Stopped after it, the lease ends and a repetition takes the
record over, with the same payment and so the same key at the gateway: a charge that was made is found, not
made again. Stopped after the commit, a repetition gets the stored answer. An attempt that was only slow and
has been taken over cannot commit, for it does not hold the record any more.
"""

from dataclasses import dataclass

from payments import changes, json_text
from payments.changes import Change
from payments.gateway import Busy, Declined, Gateway, Order, Outcome
from payments.idempotency import KEPT_SECONDS, Answer, Record, in_use, resolve
from payments.ids import Letters, attempt_id, payment_id
from payments.payment import CaptureMethod, Payment
from payments.problems import Problem
from payments.requests import NewPayment
from payments.store import Store
from payments.times import Clock, epoch, rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A valid request to create a payment, and what makes it the same one when it is repeated."""

    merchant: str
    digest: str
    fingerprint: str
    request_id: str
    wanted: NewPayment


@dataclass(frozen=True, slots=True)
class Created:
    """The answer, whether it is a stored one, and the payment that it is about."""

    answer: Answer
    replayed: bool
    payment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Creator:
    """Creates payments; `lease` is in seconds and longer than any attempt can live."""

    store: Store
    gateway: Gateway
    clock: Clock
    letters: Letters
    lease: int

    def __call__(self, creation: Creation) -> Created:
        """Two round trips to the store; one for a repetition, three for a take-over.

        Raises Problem when nothing may be answered yet, payments.store.Unavailable when the store says so.
        """
        moment = self.clock()
        now = epoch(moment)
        record = Record(
            merchant=creation.merchant,
            digest=creation.digest,
            fingerprint=creation.fingerprint,
            attempt=attempt_id(self.letters),
            lease_until=now + self.lease,
            expires_at=now + KEPT_SECONDS,
            payment=payment_id(self.letters),
            created=rfc3339(moment),
        )
        held = self.store.claim(record, changes.opened(_payment(creation, record)), now)
        if held:
            answer = resolve(held, creation.fingerprint, now)
            if answer:
                return Created(answer, True, held.payment)
            record = held.taken_over(record.attempt, now, self.lease)
            rival = self.store.replace(record, held_by=held.attempt)
            if rival:
                return _yield_to(rival)
        return self._run(creation, record)

    def _run(self, creation: Creation, record: Record) -> Created:
        payment = _payment(creation, record)
        outcome = self.gateway.charge(_order(payment))
        if isinstance(outcome, Busy):
            self.store.replace(record.released(), held_by=record.attempt)
            raise Problem(
                "rate_limited",
                "The payment gateway is busy and has charged nothing: repeat the request.",
                retry_after=outcome.retry_after,
            )
        change = changes.settled(payment, outcome, rfc3339(self.clock()))
        answer = _answer(change, outcome, creation.request_id)
        rival = self.store.replace(record.done(answer), held_by=record.attempt, change=change)
        return _yield_to(rival) if rival else Created(answer, False, payment.id)


def _payment(creation: Creation, record: Record) -> Payment:
    """The first version: a repetition has the same fingerprint, so it makes the same payment."""
    wanted = creation.wanted
    return Payment(
        id=record.payment,
        merchant=record.merchant,
        amount=wanted.amount,
        currency=wanted.currency,
        capture_method=wanted.capture_method,
        payment_method=wanted.payment_method,
        metadata=wanted.metadata,
        created=record.created,
    )


def _order(payment: Payment) -> Order:
    return Order(
        idempotency_key=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        payment_method=payment.payment_method,
        capture=payment.capture_method is CaptureMethod.AUTOMATIC,
    )


def _answer(change: Change, outcome: Outcome, request_id: str) -> Answer:
    """A decline is an error to its caller, though the failed payment is kept like any other."""
    status, body = 201, change.payment.view()
    if isinstance(outcome, Declined):
        problem = Problem(
            "payment_declined",
            outcome.message,
            decline_code=outcome.decline_code,
            payment=change.payment.id,
        )
        status, body = problem.status, problem.document(request_id)
    return Answer(status, json_text.write(body))


def _yield_to(rival: Record) -> Created:
    """Another attempt holds the record: answer as it answered, or ask for patience."""
    if rival.answer is None:
        raise in_use()
    return Created(rival.answer, True, rival.payment)
