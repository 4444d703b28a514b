"""The ports with a measure at each: what was committed, and how long the gateway took."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from payments.changes import Change
from payments.gateway import Busy, Gateway, Movement, Order, Outcome, Result
from payments.idempotency import Record
from payments.ledger import Account, Kind, LedgerBreak, balance
from payments.metrics import Metrics
from payments.payment import Payment
from payments.refund import Refund
from payments.store import Store


@dataclass(frozen=True, slots=True)
class MeasuredStore:
    """A payments.store.Store that counts what it has committed, whoever wrote it."""

    behind: Store
    metrics: Metrics

    def claim(self, record: Record, change: Change, now: int) -> Record | None:
        held = self.behind.claim(record, change, now)
        if held is None:
            self._committed(change)
        return held

    def replace(self, record: Record, *, held_by: str, change: Change | None = None) -> Record | None:
        rival = self.behind.replace(record, held_by=held_by, change=change)
        if rival is None and change:
            self._committed(change)
        return rival

    def write(self, change: Change, attempt: str) -> None:
        self.behind.write(change, attempt)
        self._committed(change)

    def record(self, merchant: str, digest: str) -> Record | None:
        return self.behind.record(merchant, digest)

    def refund(self, refund_id: str) -> Refund | None:
        return self.behind.refund(refund_id)

    def payment(self, payment_id: str) -> Payment | None:
        return self.behind.payment(payment_id)

    def _committed(self, change: Change) -> None:
        """A payment counts at each status that it gets, money when it is taken and when it goes back."""
        payment = change.payment
        if change.event and change.event.type == f"payment.{payment.status}":
            self.metrics.put("Payments", 1, "Count", Outcome=payment.status)
        for kind, name in ((Kind.CAPTURE, "CapturedAmount"), (Kind.REFUND, "RefundedAmount")):
            moved = balance((e for e in change.entries if e.kind is kind), Account.RECEIVABLE)
            if moved:
                self.metrics.put(name, abs(moved), "None", Currency=payment.currency)


def counting_breaks[**P, R](metrics: Metrics, call: Callable[P, R]) -> Callable[P, R]:
    """The same call; a ledger break in it counts, and is raised as it was."""

    def counted(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return call(*arguments, **named)
        except LedgerBreak:
            metrics.put("LedgerBreaks", 1, "Count")
            raise

    return counted


@dataclass(frozen=True, slots=True)
class MeasuredGateway:
    """A payments.gateway.Gateway whose answers are timed."""

    behind: Gateway
    metrics: Metrics
    seconds: Callable[[], float] = time.perf_counter

    def charge(self, order: Order) -> Outcome | Busy:
        return self._timed(self.behind.charge, order)

    def find(self, order: Order) -> Outcome | Busy:
        return self._timed(self.behind.find, order)

    def capture(self, movement: Movement) -> Result | Busy:
        return self._timed(self.behind.capture, movement)

    def cancel(self, movement: Movement) -> Result | Busy:
        return self._timed(self.behind.cancel, movement)

    def refund(self, movement: Movement) -> Result | Busy:
        return self._timed(self.behind.refund, movement)

    def _timed[Question, Reply](self, ask: Callable[[Question], Reply], question: Question) -> Reply:
        began = self.seconds()
        try:
            return ask(question)
        finally:
            self.metrics.put("GatewayLatency", round((self.seconds() - began) * 1000), "Milliseconds")
