"""Creating a payment."""

from dataclasses import dataclass

from payments import changes
from payments.attempts import Attempts, Call, Completed, yield_to
from payments.idempotency import Record, resolve
from payments.ids import payment_id
from payments.payment import Operation, Payment, Pending
from payments.requests import NewPayment
from payments.times import epoch


@dataclass(frozen=True, slots=True)
class Creator:
    """Creates payments."""

    attempts: Attempts

    def __call__(self, call: Call, wanted: NewPayment) -> Completed:
        """Two round trips to the store; one for a repetition, four for a take-over.

        Raises Problem when nothing may be answered yet, payments.store.Unavailable when the store says so.
        """
        attempts, store = self.attempts, self.attempts.store
        moment = attempts.clock()
        record = attempts.record(call, payment_id(attempts.letters), moment)
        payment = self._payment(wanted, record)
        held = store.claim(record, changes.opened(payment), epoch(moment))
        if held is None:
            return attempts.finish(payment, record, fresh=True)
        answer = resolve(held, call.fingerprint, epoch(moment))
        if answer:
            return Completed(answer, True, held.payment)
        left = store.payment(held.payment)
        if left is None:
            raise ValueError("a record without its payment")
        record, change = attempts.taken_over(held, left, moment)
        rival = store.replace(record, held_by=held.attempt, change=change)
        if rival:
            return yield_to(rival)
        return attempts.finish(change.payment, record, fresh=False)

    def _payment(self, wanted: NewPayment, record: Record) -> Payment:
        """The first version, which waits for the gateway."""
        return Payment(
            id=record.payment,
            merchant=record.merchant,
            amount=wanted.amount,
            currency=wanted.currency,
            capture_method=wanted.capture_method,
            payment_method=wanted.payment_method,
            metadata=wanted.metadata,
            created=record.created,
            pending=Pending(
                operation=Operation.CREATE,
                key=record.payment,
                digest=record.digest,
                amount=wanted.amount,
                created=record.created,
            ),
            due=record.lease_until,
        )
