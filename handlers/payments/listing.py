"""Lists, newest first, a page at a time: the port that answers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from payments.changes import Event
from payments.payment import Payment, Status
from payments.refund import Refund


@dataclass(frozen=True, slots=True)
class Window:
    """So many at most, from after that position on; a position is an opaque text of the store's."""

    limit: int
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """`last` is the position of the last one, None when nothing follows it."""

    items: Sequence[T]
    last: str | None = None


class Lists(Protocol):
    """What is kept, newest first. What was written in the last moment may not be listed yet."""

    def payments(self, merchant: str, status: Status | None, window: Window) -> Page[Payment]:
        """A merchant's payments; a page of one status may be short, for what has just changed is left out."""

    def refunds(self, payment: str, window: Window) -> Page[Refund]:
        """The refunds of a payment."""

    def events(self, merchant: str, payment: str | None, window: Window) -> Page[Event]:
        """A merchant's events, or those of one payment of the merchant's."""

    def event(self, event_id: str) -> Event | None:
        """One event."""
