"""One sweep: all that is due is looked at, payments and webhooks; what fails is due again in the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from payments.logs import Log
from payments.payment import Payment
from payments.times import Clock, epoch

BATCH = 100
MOST_DELIVERIES = 1000
_NEEDED = 10_000  # milliseconds that a question to the gateway and its commit may take


class Context(Protocol):
    """What Lambda tells of the time that is left."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """Handles a schedule; `due` gets so many ids of payments that are due by then, `due_deliveries` of
    deliveries, which `send` hands to the sender: how many it could."""

    due: Callable[[int, int], Sequence[str]]
    settle: Callable[[str], Payment | None]
    due_deliveries: Callable[[int, int], Sequence[str]]
    send: Callable[[Sequence[str]], int]
    clock: Clock
    log: Log

    def __call__(self, event: object, context: Context) -> dict[str, int]:
        """How many payments were due, settled and failed, and how many deliveries were queued.

        Payments for which no time was left are neither settled nor failed.
        """
        queued = self._queued()
        due = self.due(epoch(self.clock()), BATCH)
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
                settled += payment is not None
                if payment:
                    self.log.info(
                        "looked at", payment=payment_id, merchant=payment.merchant, code=payment.status
                    )
        return {"due": len(due), "settled": settled, "failed": failed, "queued": queued}

    def _queued(self) -> int:
        """Webhooks that cannot be sent keep no payment from being settled."""
        try:
            return self.send(self.due_deliveries(epoch(self.clock()), MOST_DELIVERIES))
        except Exception as failure:
            self.log.error("webhooks not queued", failure)
            return 0
