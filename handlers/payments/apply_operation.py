"""Capture, cancellation and refund of an existing payment."""

from datetime import datetime

from payments.api.idempotency import Completed, IdempotentRequest, answer_as_winner, resolve
from payments.changes import Change
from payments.executor import RequestExecutor
from payments.formats import epoch
from payments.operation_rules import RequestedOperation, begin, busy
from payments.payment import Payment
from payments.ports import Changed
from payments.problems import Problem


def apply_operation(
    executor: RequestExecutor, request: IdempotentRequest, payment: Payment, requested: RequestedOperation
) -> Completed:
    """Executes an operation, or returns the answer of the attempt that has executed it.

    A payment has one pending operation at a time. Two round trips to the store after the read of the payment;
    one for a repetition. Raises Problem if the operation is refused or has no answer yet, and Unavailable if
    the store does not answer.
    """
    try:
        return _attempt(executor, request, payment, requested)
    except Changed:
        raise busy() from None


def _attempt(
    executor: RequestExecutor, request: IdempotentRequest, payment: Payment, requested: RequestedOperation
) -> Completed:
    moment = executor.clock()
    now = epoch(moment)
    change, refusal = _begin(payment, requested, request, moment, executor.lease)
    if change:
        record = executor.new_record(request, payment.id, moment)
        existing_record = executor.claim(record, change, now)
        if existing_record is None:
            return executor.finish(change.payment, record, first_attempt=True)
    else:
        existing_record = executor.store.record(request.merchant, request.digest)
        # TTL deletes late, so an expired record counts as deleted.
        if existing_record is None or existing_record.expires_at <= now:
            raise refusal or busy()
    stored_answer = resolve(existing_record, request.fingerprint, now)
    if stored_answer:
        return Completed(stored_answer, True, existing_record.payment)
    if refusal:
        raise refusal
    record, resumed = executor.take_over(existing_record, payment, moment)
    written = change or resumed
    winner = executor.replace(record, held_by=existing_record.attempt, change=written)
    if winner:
        return answer_as_winner(winner)
    return executor.finish(written.payment, record, first_attempt=change is not None)


def _begin(
    payment: Payment, requested: RequestedOperation, request: IdempotentRequest, moment: datetime, lease: int
) -> tuple[Change | None, Problem | None]:
    """Returns the change that begins the operation, or its refusal; neither if this request has begun it.

    A refusal is not final: an earlier attempt at this request may have executed the operation.
    """
    if payment.pending and payment.pending.digest == request.digest:
        return None, None
    try:
        return begin(payment, requested, request.digest, moment, lease), None
    except Problem as refusal:
        return None, refusal
