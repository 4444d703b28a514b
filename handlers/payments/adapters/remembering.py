"""The simulator with a memory: what it settled is found again, as in a real gateway's books.

A table item for each movement of money, named by its idempotency key. Nothing of the payments reads it but
the reconciliation, so a planted difference is a difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from botocore.exceptions import ClientError

from payments.adapters import items
from payments.adapters.simulator import Simulator
from payments.adapters.table import NEW
from payments.adapters.transactions import Put
from payments.gateway import Approved, Busy, Done, Movement, Order, Outcome, Result
from payments.ledger import Kind
from payments.times import Clock, epoch, rfc3339

KEPT = timedelta(days=30)


class Remember(Protocol):
    """Writes down a movement once for its key."""

    def __call__(self, key: str, kind: Kind, amount: int, currency: str) -> None: ...


@dataclass(frozen=True, slots=True)
class SimulatorBook:
    """A Remember. Needs dynamodb:PutItem on the table."""

    client: Any
    table: str
    clock: Clock

    def __call__(self, key: str, kind: Kind, amount: int, currency: str) -> None:
        moment = self.clock()
        payment = key.partition("-")[0]
        item = items.simulated_item(
            key=key,
            payment=payment,
            kind=kind,
            amount=amount,
            currency=currency,
            created=rfc3339(moment),
            expires_at=epoch(moment + KEPT),
        )
        request = Put(item, NEW).request(self.table)["Put"]
        del request["ReturnValuesOnConditionCheckFailure"]
        try:
            self.client.put_item(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


@dataclass(frozen=True, slots=True)
class RememberingSimulator:
    """A payments.gateway.Gateway."""

    remember: Remember
    behind: Simulator

    def charge(self, order: Order) -> Outcome | Busy:
        """The answer may be Unknown, while the charge was made."""
        outcome = self.behind.charge(order)
        self.find(order)
        return outcome

    def find(self, order: Order) -> Outcome | Busy:
        """As if every charge had reached it, so that the book has each that it finds."""
        found = self.behind.find(order)
        if isinstance(found, Approved) and order.capture:
            self.remember(order.idempotency_key, Kind.CAPTURE, order.amount, order.currency)
        return found

    def capture(self, movement: Movement) -> Result | Busy:
        """Done, and written down."""
        return self._moved(movement, Kind.CAPTURE, self.behind.capture)

    def cancel(self, movement: Movement) -> Result | Busy:
        """Done; nothing is settled."""
        return self.behind.cancel(movement)

    def refund(self, movement: Movement) -> Result | Busy:
        """Done, and written down."""
        return self._moved(movement, Kind.REFUND, self.behind.refund)

    def _moved(
        self, movement: Movement, kind: Kind, ask: Callable[[Movement], Result | Busy]
    ) -> Result | Busy:
        result = ask(movement)
        if isinstance(result, Done):
            self.remember(movement.idempotency_key, kind, movement.amount, movement.currency)
        return result
