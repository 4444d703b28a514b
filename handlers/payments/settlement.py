"""Ending what was left open: answers that did not come, requests that died, authorizations that lapsed."""

from dataclasses import dataclass
from datetime import datetime

from payments import changes
from payments.asking import ask_again
from payments.attempts import Attempts
from payments.gateway import Busy
from payments.idempotency import Record
from payments.ids import attempt_id
from payments.intents import Expire, begin, expired
from payments.payment import Payment
from payments.problems import Problem
from payments.store import Changed
from payments.times import epoch, lease_end


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles one payment; safe to call at any time, by many at once, and again after a crash."""

    attempts: Attempts

    def __call__(self, payment_id: str) -> Payment | None:
        """The payment as it is afterwards, None when there was nothing to do or somebody else is at it."""
        moment = self.attempts.clock()
        payment = self.attempts.store.payment(payment_id)
        try:
            if payment and payment.pending:
                return self._settle(payment, moment)
            if payment and expired(payment, epoch(moment)):
                return self._expire(payment, moment)
        except Changed:
            return None
        return None

    def _expire(self, payment: Payment, moment: datetime) -> Payment | None:
        """Written before the gateway is asked, like any other question: a capture may be on its way."""
        change = begin(payment, Expire(), "", moment, self.attempts.lease)
        self._write(change)
        return self._ask(change.payment)

    def _settle(self, payment: Payment, moment: datetime) -> Payment | None:
        if payment.due is None or payment.due > epoch(moment):
            return None
        held = self._waiting_record(payment)
        if held is None:
            return self._settle_alone(payment, moment)
        if held.lease_until > epoch(moment):
            return None
        record, change = self.attempts.taken_over(held, payment, moment)
        if self.attempts.store.replace(record, held_by=held.attempt, change=change):
            return None
        try:
            self.attempts.finish(change.payment, record, ask_again, fresh=False)
        except Problem:
            return None  # the gateway is busy; the payment will be due again
        return self.attempts.store.payment(payment.id)

    def _settle_alone(self, payment: Payment, moment: datetime) -> Payment | None:
        """Settles a payment for which no idempotency record waits.

        The version is written first, like in every take-over: since the payment was read, its question may
        have been withdrawn and its request answered by another attempt.
        """
        change = changes.postponed(payment, lease_end(epoch(moment), self.attempts.lease))
        self._write(change)
        return self._ask(change.payment)

    def _waiting_record(self, payment: Payment) -> Record | None:
        """The idempotency record that has no answer before this payment is settled, if there is one."""
        pending = changes.waiting(payment)
        record = self.attempts.store.record(payment.merchant, pending.digest) if pending.digest else None
        # A key may have been used again for another payment once its day was over.
        return record if record and not record.answer and record.payment == payment.id else None

    def _ask(self, payment: Payment) -> Payment | None:
        outcome = ask_again(self.attempts.gateway, payment)
        if isinstance(outcome, Busy):
            self._write(changes.postponed(payment, epoch(self.attempts.clock())))  # the next sweep asks again
            return None
        change = changes.settled(payment, outcome, self.attempts.clock())
        self._write(change)
        return change.payment

    def _write(self, change: changes.Change) -> None:
        self.attempts.store.write(change, attempt_id(self.attempts.letters))
