"""Execution of requests that change a payment: claim the key, call the gateway, commit.

After a crash at any step, a repetition finishes the request correctly. Before the claim, nothing has
happened. After the claim, the lease ends and a repetition takes the record over and sends the same operation
with the same key to the gateway, so it is not done twice. After the commit, a repetition gets the stored
answer. A slow attempt whose record was taken over cannot commit, because it no longer holds the record.

Every take-over also writes the payment's next version, in the same transaction as the record. The payment was
read before the record was taken over, and its operation may have been aborted in between; the write then
fails and the gateway is not called.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from payments import changes
from payments.api.idempotency import (
    RETENTION_SECONDS,
    Answer,
    Completed,
    IdempotentRequest,
    Record,
    answer_as_winner,
    resolve,
)
from payments.api.validation import NewPayment
from payments.changes import Change
from payments.formats import Clock, IdGenerator, attempt_id, epoch, lease_end, payment_id, rfc3339, to_json
from payments.ledger import Account, Kind, LedgerBreak, balance
from payments.payment import Declined, Operation, Outcome, Payment, Pending, Result
from payments.ports import Busy, Gateway, Store, send_to_gateway
from payments.problems import Problem
from payments.telemetry import Metrics

type Send = Callable[[Gateway, Payment], Outcome | Result | Busy]

_CREATED = {Operation.CREATE: 201, Operation.REFUND: 201}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExecutor:
    """Executes requests; `lease` is the longest time that an attempt can run, in seconds."""

    store: Store
    gateway: Gateway
    clock: Clock
    id_generator: IdGenerator
    lease: int
    metrics: Metrics
    timer: Callable[[], float] = time.perf_counter

    def new_record(self, request: IdempotentRequest, payment: str, moment: datetime) -> Record:
        """Returns a new record, held by a new attempt."""
        now = epoch(moment)
        return Record(
            merchant=request.merchant,
            digest=request.digest,
            fingerprint=request.fingerprint,
            request_id=request.request_id,
            attempt=attempt_id(self.id_generator),
            lease_until=lease_end(now, self.lease),
            expires_at=now + RETENTION_SECONDS,
            payment=payment,
            created=rfc3339(moment),
        )

    def take_over(self, abandoned: Record, payment: Payment, moment: datetime) -> tuple[Record, Change]:
        """Returns an abandoned record as held by a new attempt, and the payment's next version.

        Both must be written in one transaction. The version fails the write if the payment's operation was
        aborted, or taken over by another attempt, since the payment was read.
        """
        record = abandoned.taken_over(attempt_id(self.id_generator), epoch(moment), self.lease)
        return record, changes.reschedule(payment, record.lease_until)

    def claim(self, record: Record, change: Change, now: int) -> Record | None:
        """Calls `Store.claim` and counts a committed change."""
        existing_record = self.store.claim(record, change, now)
        if existing_record is None:
            self._count(change)
        return existing_record

    def replace(self, record: Record, *, held_by: str, change: Change | None = None) -> Record | None:
        """Calls `Store.replace` and counts a committed change."""
        winner = self.store.replace(record, held_by=held_by, change=change)
        if winner is None and change:
            self._count(change)
        return winner

    def write(self, change: Change) -> None:
        """Calls `Store.write` and counts the change. Raises payments.ports.Changed."""
        self.store.write(change, attempt_id(self.id_generator))
        self._count(change)

    def call_gateway(self, payment: Payment, send: Send = send_to_gateway) -> Outcome | Result | Busy:
        """Sends the pending operation to the gateway and measures the latency."""
        started = self.timer()
        try:
            return send(self.gateway, payment)
        finally:
            self.metrics.put("GatewayLatency", round((self.timer() - started) * 1000), "Milliseconds")

    def finish(
        self, payment: Payment, record: Record, send: Send = send_to_gateway, *, first_attempt: bool
    ) -> Completed:
        """Calls the gateway, then writes payment and answer in one transaction.

        The attempt must hold the record. `first_attempt`: no earlier attempt can have sent this operation.
        Raises Problem if the gateway rejects the request because it is busy.
        """
        outcome = self.call_gateway(payment, send)
        if isinstance(outcome, Busy):
            self._release(payment, record, first_attempt)
            raise Problem(
                "rate_limited",
                "The payment gateway is busy and has done nothing: repeat the request.",
                retry_after=outcome.retry_after,
            )
        change = changes.apply_outcome(payment, outcome, self.clock())
        answer = _answer(payment.require_pending().operation, change, outcome, record.request_id)
        winner = self.replace(record.finished(answer), held_by=record.attempt, change=change)
        return answer_as_winner(winner) if winner else Completed(answer, False, payment.id)

    def _release(self, payment: Payment, record: Record, first_attempt: bool) -> None:
        """Frees the record, and the payment unless an earlier attempt may have moved its money."""
        create = payment.require_pending().operation is Operation.CREATE
        change: Change | None
        if first_attempt and create:
            # The payment exists for this request only, which its caller may repeat for a day.
            change = changes.reschedule(payment, record.expires_at)
        elif first_attempt:
            change = changes.abort_operation(payment)
        elif create:
            # Due when the lease ends: the sweeper looks for the charge, unless the caller repeats it first.
            change = None
        else:
            change = changes.reschedule(payment, epoch(self.clock()))
        self.replace(record.released(), held_by=record.attempt, change=change)

    def _count(self, change: Change) -> None:
        """Counts the status that a payment reaches, and captured and refunded amounts."""
        payment = change.payment
        if change.event and change.event.type == f"payment.{payment.status}":
            self.metrics.put("Payments", 1, "Count", Outcome=payment.status)
        for kind, name in ((Kind.CAPTURE, "CapturedAmount"), (Kind.REFUND, "RefundedAmount")):
            moved = balance((entry for entry in change.entries if entry.kind is kind), Account.RECEIVABLE)
            if moved:
                self.metrics.put(name, abs(moved), "None", Currency=payment.currency)


def create_payment(
    executor: RequestExecutor, request: IdempotentRequest, new_payment: NewPayment
) -> Completed:
    """Creates a payment, or returns the answer of the attempt that has created it.

    Two round trips to the store; one for a repetition, four for a take-over. Raises Problem while there is no
    answer, and Unavailable if the store does not answer.
    """
    moment = executor.clock()
    record = executor.new_record(request, payment_id(executor.id_generator), moment)
    payment = _first_version(new_payment, record)
    existing_record = executor.claim(record, changes.create(payment), epoch(moment))
    if existing_record is None:
        return executor.finish(payment, record, first_attempt=True)
    stored_answer = resolve(existing_record, request.fingerprint, epoch(moment))
    if stored_answer:
        return Completed(stored_answer, True, existing_record.payment)
    abandoned_payment = executor.store.payment(existing_record.payment)
    if abandoned_payment is None:
        raise ValueError("a record without its payment")
    record, change = executor.take_over(existing_record, abandoned_payment, moment)
    winner = executor.replace(record, held_by=existing_record.attempt, change=change)
    if winner:
        return answer_as_winner(winner)
    return executor.finish(change.payment, record, first_attempt=False)


def counting_breaks[**P, R](metrics: Metrics, call: Callable[P, R]) -> Callable[P, R]:
    """Returns the same function, but a LedgerBreak that it raises is counted."""

    def counted(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return call(*arguments, **named)
        except LedgerBreak:
            metrics.put("LedgerBreaks", 1, "Count")
            raise

    return counted


def _first_version(new_payment: NewPayment, record: Record) -> Payment:
    return Payment(
        id=record.payment,
        merchant=record.merchant,
        amount=new_payment.amount,
        currency=new_payment.currency,
        capture_method=new_payment.capture_method,
        payment_method=new_payment.payment_method,
        metadata=new_payment.metadata,
        created=record.created,
        pending=Pending(
            operation=Operation.CREATE,
            key=record.payment,
            digest=record.digest,
            amount=new_payment.amount,
            created=record.created,
        ),
        due=record.lease_until,
    )


def _answer(operation: Operation, change: Change, outcome: Outcome | Result, request_id: str) -> Answer:
    """Returns the answer to store; a decline is an error for its caller, although the payment is kept."""
    status, body = _CREATED.get(operation, 200), (change.refund or change.payment).view()
    if isinstance(outcome, Declined):
        problem = Problem(
            "payment_declined", outcome.message, decline_code=outcome.decline_code, payment=change.payment.id
        )
        status, body = problem.status, problem.document(request_id)
    return Answer(status, to_json(body))
