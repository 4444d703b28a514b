"""Capturing, canceling: what is asked of a payment that is there."""

from dataclasses import dataclass
from datetime import datetime

from payments.attempts import Attempts, Call, Completed, yield_to
from payments.changes import Change
from payments.idempotency import resolve
from payments.intents import Intent, begin, busy
from payments.payment import Payment
from payments.problems import Problem
from payments.store import Changed
from payments.times import epoch


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Runs intents; one at a time for each payment, for each asks the gateway."""

    attempts: Attempts

    def __call__(self, call: Call, payment: Payment, intent: Intent) -> Completed:
        """Two round trips after the read of the payment; one for a repetition.

        Raises Problem when it may not be done or not be answered yet, Unavailable when the store says so.
        """
        try:
            return self._attempt(call, payment, intent)
        except Changed:
            raise busy() from None

    def _attempt(self, call: Call, payment: Payment, intent: Intent) -> Completed:
        attempts, store = self.attempts, self.attempts.store
        moment = attempts.clock()
        now = epoch(moment)
        change, refusal = _begin(payment, intent, call, moment, attempts.lease)
        if change:
            record = attempts.record(call, payment.id, moment)
            held = store.claim(record, change, now)
            if held is None:
                return attempts.finish(change.payment, record, fresh=True)
        else:
            held = store.record(call.merchant, call.digest)
            # TTL deletes late, so a record that should be gone counts as gone.
            if held is None or held.expires_at <= now:
                raise refusal or busy()
        answer = resolve(held, call.fingerprint, now)
        if answer:
            return Completed(answer, True, held.payment)
        if refusal:
            raise refusal
        record, resumed = attempts.taken_over(held, payment, moment)
        written = change or resumed
        rival = store.replace(record, held_by=held.attempt, change=written)
        if rival:
            return yield_to(rival)
        return attempts.finish(written.payment, record, fresh=change is not None)


def _begin(
    payment: Payment, intent: Intent, call: Call, moment: datetime, lease: int
) -> tuple[Change | None, Problem | None]:
    """The change that begins it or why it cannot begin; neither when this very request has begun it.

    What cannot begin now may be what a request with this key has done.
    """
    if payment.pending and payment.pending.digest == call.digest:
        return None, None
    try:
        return begin(payment, intent, call.digest, moment, lease), None
    except Problem as refusal:
        return None, refusal
