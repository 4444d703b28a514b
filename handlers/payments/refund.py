"""A refund: money of a payment that goes back, or part of it."""

from dataclasses import dataclass
from enum import StrEnum


class RefundStatus(StrEnum):
    """Where a refund stands; pending while the gateway has not answered."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """One refund, numbered within its payment; the amount is in minor units."""

    id: str
    payment: str
    merchant: str
    amount: int
    currency: str
    reason: str | None
    status: RefundStatus
    created: str

    def view(self) -> dict[str, object]:
        """The refund as the API shows it."""
        return {
            "id": self.id,
            "payment": self.payment,
            "amount": self.amount,
            "currency": self.currency,
            "reason": self.reason,
            "status": self.status,
            "created": self.created,
            "merchant": self.merchant,
        }
