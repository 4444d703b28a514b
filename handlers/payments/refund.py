"""A refund of a payment."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class RefundStatus(StrEnum):
    """Represents the state of a refund; pending until the gateway has answered."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Represents a full or partial refund of a payment; the amount is in minor units."""

    id: str
    payment: str
    amount: int
    currency: str
    reason: str | None
    status: RefundStatus
    created: str
    merchant: str

    def view(self) -> dict[str, object]:
        """Returns the refund as the API shows it."""
        return asdict(self)
