"""The port to the store: every write is whole or nothing, and says who stood in its way."""

from typing import Protocol

from payments.changes import Change
from payments.idempotency import Record
from payments.payment import Payment
from payments.refund import Refund


class Unavailable(Exception):
    """The store could not answer now, or was contended for too long: worth another try."""


class Changed(Unavailable):
    """Somebody else has written what this write was going to replace; nothing was written."""


class Store(Protocol):
    """Where payments, their ledger, their events and the idempotency records are kept.

    A change is written only over the version before its own; Changed is raised when that is not there.
    """

    def claim(self, record: Record, change: Change, now: int) -> Record | None:
        """Write a new record and a change, unless a record of that key is kept: then return that one."""

    def replace(self, record: Record, *, held_by: str, change: Change | None = None) -> Record | None:
        """Write a record and a change while `held_by` holds it unfinished; otherwise return what is there."""

    def write(self, change: Change, attempt: str) -> None:
        """Write a change that no request waits for; `attempt` is a new one for each write."""

    def record(self, merchant: str, digest: str) -> Record | None:
        """The record of a key, finished or not, expired or not."""

    def refund(self, refund_id: str) -> Refund | None:
        """The refund as last written."""

    def payment(self, payment_id: str) -> Payment | None:
        """The payment as last written."""
