"""One attempt at a request that changes something: claim the key, ask the gateway, commit.

Wherever it stops, a repetition ends it rightly. Stopped before the claim, nothing has happened. Stopped
after it, the lease ends and a repetition takes the record over and asks the same question with the same key
at the gateway: what was done is found, not done again. Stopped after the commit, a repetition gets the
stored answer. An attempt that was only slow and has been taken over cannot commit, for it does not hold the
record any more.

Every take-over also writes the payment's next version, in the same transaction as the record. The payment was
read before the record was taken, and the question that it held may have been withdrawn in between; the write
then fails and the gateway is not asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from payments import changes, json_text
from payments.asking import ask
from payments.changes import Change, waiting
from payments.gateway import Busy, Declined, Gateway, Outcome, Result
from payments.idempotency import KEPT_SECONDS, Answer, Record, in_use
from payments.ids import Letters, attempt_id
from payments.payment import Operation, Payment
from payments.problems import Problem
from payments.store import Store
from payments.times import Clock, epoch, lease_end, rfc3339

type Ask = Callable[[Gateway, Payment], Outcome | Result | Busy]

_FRESH = {Operation.CREATE: 201, Operation.REFUND: 201}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who asks for a change, and what makes it the same request when it is repeated."""

    merchant: str
    digest: str
    fingerprint: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer, whether it is a stored one, and the payment that it is about."""

    answer: Answer
    replayed: bool
    payment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Contains what all attempts need; `lease` is the longest time that an attempt can live, in seconds."""

    store: Store
    gateway: Gateway
    clock: Clock
    letters: Letters
    lease: int

    def record(self, call: Call, payment: str, moment: datetime) -> Record:
        """A new record, held by a new attempt."""
        now = epoch(moment)
        return Record(
            merchant=call.merchant,
            digest=call.digest,
            fingerprint=call.fingerprint,
            request_id=call.request_id,
            attempt=attempt_id(self.letters),
            lease_until=lease_end(now, self.lease),
            expires_at=now + KEPT_SECONDS,
            payment=payment,
            created=rfc3339(moment),
        )

    def taken_over(self, held: Record, payment: Payment, moment: datetime) -> tuple[Record, Change]:
        """Returns an abandoned record as held by a new attempt, and the payment's next version.

        Both must be written in one transaction. The version fails the write if the payment's question was
        withdrawn, or another attempt has taken it over, since the payment was read.
        """
        record = held.taken_over(attempt_id(self.letters), epoch(moment), self.lease)
        return record, changes.postponed(payment, record.lease_until)

    def finish(self, payment: Payment, record: Record, ask: Ask = ask, *, fresh: bool) -> Completed:
        """Ask the gateway what is pending, and write payment and answer in one; the attempt holds the record.

        `fresh`: nobody has asked this before. Raises Problem when the gateway has turned the question away.
        """
        outcome = ask(self.gateway, payment)
        if isinstance(outcome, Busy):
            self._release(payment, record, fresh)
            raise Problem(
                "rate_limited",
                "The payment gateway is busy and has done nothing: repeat the request.",
                retry_after=outcome.retry_after,
            )
        change = changes.settled(payment, outcome, self.clock())
        answer = _answer(waiting(payment).operation, change, outcome, record.request_id)
        rival = self.store.replace(record.done(answer), held_by=record.attempt, change=change)
        return yield_to(rival) if rival else Completed(answer, False, payment.id)

    def _release(self, payment: Payment, record: Record, fresh: bool) -> None:
        """Frees the record, and the payment unless an earlier attempt may have moved its money."""
        create = waiting(payment).operation is Operation.CREATE
        change: Change | None
        if fresh and create:
            # There only for this request, whose caller was told to repeat it and has a day for that.
            change = changes.postponed(payment, record.expires_at)
        elif fresh:
            change = changes.withdrawn(payment)
        elif create:
            # Due when the lease ends: a settlement looks for the charge, and the caller may repeat it first.
            change = None
        else:
            change = changes.postponed(payment, epoch(self.clock()))
        self.store.replace(record.released(), held_by=record.attempt, change=change)


def yield_to(rival: Record) -> Completed:
    """Another attempt holds the record: answer as it answered, or ask for patience."""
    if rival.answer is None:
        raise in_use()
    return Completed(rival.answer, True, rival.payment)


def _answer(operation: Operation, change: Change, outcome: Outcome | Result, request_id: str) -> Answer:
    """A decline is an error to its caller, though the payment is kept like any other."""
    status, body = _FRESH.get(operation, 200), (change.refund or change.payment).view()
    if isinstance(outcome, Declined):
        problem = Problem(
            "payment_declined",
            outcome.message,
            decline_code=outcome.decline_code,
            payment=change.payment.id,
        )
        status, body = problem.status, problem.document(request_id)
    return Answer(status, json_text.write(body))
