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


@dataclass(frozen=True, slots=True)
class Approved:
    """The amount is authorized, and captured when that was ordered; `charge` is the gateway's name for it."""

    charge: str


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
    """No answer came in time: the charge may or may not have been made."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Turned away before anything happened; worth another try after that many seconds."""

    retry_after: int


type Outcome = Approved | Declined | ActionRequired | Unknown
"""What becomes of a payment."""


class Gateway(Protocol):
    """A payment gateway."""

    def charge(self, order: Order) -> Outcome | Busy:
        """Never raises for a time-out or a decline; an exception is a bug."""
