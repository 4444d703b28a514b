"""One sweep over due payments and webhook deliveries; a failed one is due again in the next sweep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from payments.formats import Clock, epoch
from payments.payment import Payment
from payments.telemetry import Log

BATCH = 100
MAX_DELIVERIES = 1000
_NEEDED = 10_000  # milliseconds that a call of the gateway and its commit may take


class Context(Protocol):
    """Represents Lambda's context."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """Handles the events of a schedule.

    `due_payments` and `due_deliveries` return at most so many ids that are due at an epoch second; `queue`
    queues deliveries for the webhook sender and returns how many succeeded.
    """

    due_payments: Callable[[int, int], Sequence[str]]
    settle: Callable[[str], Payment | None]
    due_deliveries: Callable[[int, int], Sequence[str]]
    queue: Callable[[Sequence[str]], int]
    clock: Clock
    log: Log

    def __call__(self, event: object, context: Context) -> dict[str, int]:
        """Returns how many payments were due, settled and failed, and how many deliveries were queued.

        Payments for which the time did not suffice are neither settled nor failed.
        """
        queued = self._queue_deliveries()
        due = self.due_payments(epoch(self.clock()), BATCH)
        settled = failed = 0
        for payment_id in due:
            if context.get_remaining_time_in_millis() < _NEEDED:
                break
            try:
                payment = self.settle(payment_id)
            except Exception as failure:
                failed += 1
                self.log.error("not settled", failure, payment=payment_id)
            else:
                if payment:
                    settled += 1
                    self.log.info(
                        "settled", payment=payment_id, merchant=payment.merchant, code=payment.status
                    )
        return {"due": len(due), "settled": settled, "failed": failed, "queued": queued}

    def _queue_deliveries(self) -> int:
        """Logs a failure instead of raising it, so that payments are settled nevertheless."""
        try:
            return self.queue(self.due_deliveries(epoch(self.clock()), MAX_DELIVERIES))
        except Exception as failure:
            self.log.error("webhooks not queued", failure)
            return 0
