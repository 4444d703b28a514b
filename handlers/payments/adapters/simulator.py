"""A gateway that decides by the token alone: equal orders have equal outcomes, and no money moves."""

import hashlib
import string
from collections.abc import Callable, Mapping

from payments.gateway import (
    NOT_CHARGED,
    ActionRequired,
    Approved,
    Busy,
    Declined,
    Done,
    Movement,
    Order,
    Outcome,
    Result,
    Unknown,
)

_OUTCOMES: Mapping[str, Callable[[str], Outcome | Busy]] = {
    "pm_approved": Approved,
    "pm_requires_action": ActionRequired,
    "pm_declined": lambda _: Declined("generic_decline", "The card was declined."),
    "pm_insufficient_funds": lambda _: Declined("insufficient_funds", "The card has insufficient funds."),
    "pm_expired": lambda _: Declined("expired_card", "The card has expired."),
    # The caller cannot tell these two apart: only the settlement finds out whether the charge was made.
    "pm_timeout_before": lambda _: Unknown(),
    "pm_timeout_after": lambda _: Unknown(),
    "pm_rate_limited": lambda _: Busy(retry_after=1),
}
_FOUND: Mapping[str, Callable[[str], Outcome]] = {
    "pm_timeout_before": lambda _: NOT_CHARGED,
    "pm_timeout_after": Approved,
    "pm_rate_limited": lambda _: NOT_CHARGED,
}


def _unknown_method(_: str) -> Outcome:
    return Declined("unknown_payment_method", "The payment method is unknown.")


class Simulator:
    """A payments.gateway.Gateway without a network and without a memory."""

    def charge(self, order: Order) -> Outcome | Busy:
        """The outcome of the token; the name of the charge follows from the key."""
        return _OUTCOMES.get(order.payment_method, _unknown_method)(_charge(order.idempotency_key))

    def find(self, order: Order) -> Outcome | Busy:
        """As if every charge had reached it, but for the tokens that say otherwise."""
        found = _FOUND.get(order.payment_method)
        return found(_charge(order.idempotency_key)) if found else self.charge(order)

    def capture(self, movement: Movement) -> Result | Busy:
        """Done."""
        return Done()

    def cancel(self, movement: Movement) -> Result | Busy:
        """Done."""
        return Done()

    def refund(self, movement: Movement) -> Result | Busy:
        """Done."""
        return Done()


def _charge(key: str) -> str:
    """Letters only, like every identifier here."""
    numbers = hashlib.sha256(key.encode()).digest()[:24]
    return "ch_" + "".join(string.ascii_lowercase[number % 26] for number in numbers)
