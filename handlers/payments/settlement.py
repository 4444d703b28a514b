"""Settlement of open payments: missing answers, abandoned requests, lapsed authorizations."""

from datetime import datetime

from payments import changes
from payments.api.idempotency import Record
from payments.executor import RequestExecutor
from payments.formats import epoch, lease_end
from payments.operation_rules import Expire, begin, expired
from payments.payment import Payment
from payments.ports import Busy, Changed, query_outcome
from payments.problems import Problem


def settle_payment(executor: RequestExecutor, payment_id: str) -> Payment | None:
    """Settles one payment; safe to call at any time, concurrently, and again after a crash.

    Returns the payment afterwards, or None if nothing was due or another process is working on it.
    """
    moment = executor.clock()
    payment = executor.store.payment(payment_id)
    try:
        if payment and payment.pending:
            return _settle(executor, payment, moment)
        if payment and expired(payment, epoch(moment)):
            # Written before the gateway is called, as every operation is: a capture may be running.
            change = begin(payment, Expire(), "", moment, executor.lease)
            executor.write(change)
            return _query(executor, change.payment)
    except Changed:
        return None
    return None


def _settle(executor: RequestExecutor, payment: Payment, moment: datetime) -> Payment | None:
    if payment.due is None or payment.due > epoch(moment):
        return None
    waiting_record = _waiting_record(executor, payment)
    if waiting_record is None:
        return _settle_without_record(executor, payment, moment)
    if waiting_record.lease_until > epoch(moment):
        return None
    record, change = executor.take_over(waiting_record, payment, moment)
    if executor.replace(record, held_by=waiting_record.attempt, change=change):
        return None
    try:
        executor.finish(change.payment, record, query_outcome, first_attempt=False)
    except Problem:
        return None  # the gateway is busy; the payment will be due again
    return executor.store.payment(payment.id)


def _settle_without_record(executor: RequestExecutor, payment: Payment, moment: datetime) -> Payment | None:
    """Settles a payment for which no idempotency record waits.

    The version is written first, as in every take-over: since the payment was read, its operation may have
    been aborted and its request answered by another attempt.
    """
    change = changes.reschedule(payment, lease_end(epoch(moment), executor.lease))
    executor.write(change)
    return _query(executor, change.payment)


def _waiting_record(executor: RequestExecutor, payment: Payment) -> Record | None:
    """Returns the idempotency record that waits for this payment's pending operation, or None."""
    pending = payment.require_pending()
    record = executor.store.record(payment.merchant, pending.digest) if pending.digest else None
    # After a day the key may have been used again for another payment.
    return record if record and not record.answer and record.payment == payment.id else None


def _query(executor: RequestExecutor, payment: Payment) -> Payment | None:
    outcome = executor.call_gateway(payment, query_outcome)
    if isinstance(outcome, Busy):
        # The next sweep queries again.
        executor.write(changes.reschedule(payment, epoch(executor.clock())))
        return None
    change = changes.apply_outcome(payment, outcome, executor.clock())
    executor.write(change)
    return change.payment
