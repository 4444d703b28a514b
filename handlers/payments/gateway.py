"""The port to a payment gateway: what it is asked, and everything that it can answer."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One charge to make. Sent again with the same key, the gateway answers as before and charges nothing."""

    idempotency_key: str
    amount: int
    currency: str
    payment_method: str
    capture: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money of a charge that is there, to be taken, released or given back; once for each key.

    `final` is of captures: the last one releases what it leaves.
    """

    idempotency_key: str
    charge: str
    amount: int
    currency: str
    final: bool


@dataclass(frozen=True, slots=True)
class Approved:
    """The amount is authorized, and captured when that was ordered; `charge` is the gateway's name for it."""

    charge: str


@dataclass(frozen=True, slots=True)
class Done:
    """The money has moved as it was asked to."""


@dataclass(frozen=True, slots=True)
class Declined:
    """No money will move."""

    decline_code: str
    message: str


@dataclass(frozen=True, slots=True)
class ActionRequired:
    """The payer must do something first, such as a 3-D Secure challenge."""

    charge: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer came in time: it may or may not have been done."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Turned away before anything happened; worth another try after that many seconds."""

    retry_after: int


type Outcome = Approved | Declined | ActionRequired | Unknown
"""What becomes of an order."""
type Result = Done | Declined | Unknown
"""What becomes of a movement."""

NOT_CHARGED = Declined("not_charged", "The gateway never got the charge: nothing was taken.")


class Gateway(Protocol):
    """A payment gateway. Never raises for a time-out or a decline; an exception is a bug."""

    def charge(self, order: Order) -> Outcome | Busy:
        """Make a charge."""

    def find(self, order: Order) -> Outcome | Busy:
        """What became of a charge that may have been made, by its key; makes none. Else NOT_CHARGED."""

    def capture(self, movement: Movement) -> Result | Busy:
        """Take authorized money."""

    def cancel(self, movement: Movement) -> Result | Busy:
        """Release what is authorized and not captured."""

    def refund(self, movement: Movement) -> Result | Busy:
        """Give captured money back."""
