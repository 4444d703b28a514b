"""The gateway of an environment, selected by the variable GATEWAY: the simulator or Stripe.

The simulator decides by the token alone and moves no money. It stores each settled movement as a table item
that only the reconciliation reads.
"""

import hashlib
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from payments.adapters import items
from payments.adapters.ledger_table import LedgerTable
from payments.adapters.table import NEW, Put, put_item
from payments.formats import Clock, epoch, rfc3339, utc_now
from payments.ledger import Kind
from payments.payment import ActionRequired, Approved, Declined, Done, Outcome, Result, Unknown
from payments.ports import NOT_CHARGED, Busy, Gateway, Movement, Order
from payments.verification.reconciliation import Statement

if TYPE_CHECKING:
    from payments.adapters.stripe_gateway import StripeGateway

RETENTION = timedelta(days=30)

type RecordMovement = Callable[[str, Kind, int, str], None]
"""Stores a settled movement once for its key: key, kind, amount, currency."""

_OUTCOMES: Mapping[str, Callable[[str], Outcome | Busy]] = {
    "pm_approved": Approved,
    "pm_requires_action": ActionRequired,
    "pm_declined": lambda _: Declined("generic_decline", "The card was declined."),
    "pm_insufficient_funds": lambda _: Declined("insufficient_funds", "The card has insufficient funds."),
    "pm_expired": lambda _: Declined("expired_card", "The card has expired."),
    # The caller cannot distinguish these two: only `find` shows whether the charge was made.
    "pm_timeout_before": lambda _: Unknown(),
    "pm_timeout_after": lambda _: Unknown(),
    "pm_rate_limited": lambda _: Busy(retry_after=1),
}
_FOUND: Mapping[str, Callable[[str], Outcome]] = {
    "pm_timeout_before": lambda _: NOT_CHARGED,
    "pm_timeout_after": Approved,
    "pm_rate_limited": lambda _: NOT_CHARGED,
}


def gateway(variables: Mapping[str, str], dynamodb: Any) -> Gateway:
    """Returns the gateway. Raises KeyError for an unknown name."""
    if variables["GATEWAY"] == "simulator":
        return Simulator(SimulatorBook(dynamodb, variables["TABLE_NAME"], utc_now))
    return _stripe(variables)


def statement(variables: Mapping[str, str], dynamodb: Any) -> Statement:
    """Returns the gateway's settlement. Raises KeyError for an unknown name."""
    if variables["GATEWAY"] == "simulator":
        return LedgerTable(dynamodb, variables["TABLE_NAME"]).simulated
    return _stripe(variables).settled


def _stripe(variables: Mapping[str, str]) -> "StripeGateway":
    if variables["GATEWAY"] != "stripe":
        raise KeyError(variables["GATEWAY"])
    # Imported here because it takes half a second and is shipped only where Stripe is used.
    from payments.adapters.stripe_gateway import from_environment

    return from_environment(variables)


@dataclass(frozen=True, slots=True)
class Simulator:
    """Implements payments.ports.Gateway; `record` stores settled movements."""

    record: RecordMovement = lambda *_: None

    def charge(self, order: Order) -> Outcome | Busy:
        """Returns the outcome of the token; it may be Unknown for a charge that was made."""
        self.find(order)
        return _outcome(order)

    def find(self, order: Order) -> Outcome | Busy:
        """Returns the outcome of a charge that was sent; some tokens stand for one that was not received."""
        found = _FOUND.get(order.payment_method)
        outcome = found(_charge_id(order.idempotency_key)) if found else _outcome(order)
        if isinstance(outcome, Approved) and order.capture:
            self.record(order.idempotency_key, Kind.CAPTURE, order.amount, order.currency)
        return outcome

    def capture(self, movement: Movement) -> Result | Busy:
        """Returns Done."""
        self.record(movement.idempotency_key, Kind.CAPTURE, movement.amount, movement.currency)
        return Done()

    def cancel(self, movement: Movement) -> Result | Busy:
        """Returns Done; nothing is settled."""
        return Done()

    def refund(self, movement: Movement) -> Result | Busy:
        """Returns Done."""
        self.record(movement.idempotency_key, Kind.REFUND, movement.amount, movement.currency)
        return Done()


@dataclass(frozen=True, slots=True)
class SimulatorBook:
    """Implements RecordMovement. Needs dynamodb:PutItem on the table."""

    client: Any
    table: str
    clock: Clock

    def __call__(self, key: str, kind: Kind, amount: int, currency: str) -> None:
        moment = self.clock()
        payment, created = key.partition("-")[0], rfc3339(moment)
        item = {
            "pk": f"SIMULATED#{key}",
            "sk": "SIMULATED",
            "entity": "simulated",
            "merchant_list_pk": items.partition(payment, "SIMULATED", created[:10]),
            "list_sk": f"{created}#{key}",
            "payment": payment,
            "created": created,
            "kind": kind,
            "amount": amount,
            "currency": currency,
            "expires_at": epoch(moment + RETENTION),
        }
        put_item(self.client, self.table, Put(item, NEW))


def _outcome(order: Order) -> Outcome | Busy:
    outcome = _OUTCOMES.get(order.payment_method)
    if outcome is None:
        return Declined("unknown_payment_method", "The payment method is unknown.")
    return outcome(_charge_id(order.idempotency_key))


def _charge_id(key: str) -> str:
    """Returns a-z only, as for all identifiers."""
    numbers = hashlib.sha256(key.encode()).digest()[:24]
    return "ch_" + "".join(string.ascii_lowercase[number % 26] for number in numbers)
