"""A model of payments for property tests: the rules without any store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

AUTHORIZED_FOR = 7 * 24 * 3600  # seconds
DECLINED = ("pm_declined", "pm_insufficient_funds", "pm_expired", "pm_nobody_knows")
UNANSWERED = ("pm_timeout_before", "pm_timeout_after")
METHODS = ("pm_approved", "pm_requires_action", *DECLINED, *UNANSWERED)


@dataclass
class ModelPayment:
    """Represents one payment; `expires` is in seconds of the model's clock."""

    merchant: str
    amount: int
    method: str
    manual: bool
    status: str = "processing"
    capturable: int = 0
    captured: int = 0
    voided: int = 0
    expires: int | None = None
    refunds: list[int] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        return sum(self.refunds)

    @property
    def shown(self) -> Mapping[str, object]:
        """Returns the members of the API's payment that the model can compute."""
        return {
            "status": self.status,
            "amount": self.amount,
            "amount_capturable": self.capturable,
            "amount_captured": self.captured,
            "amount_refunded": self.refunded,
            "merchant": self.merchant,
            "payment_method": self.method,
        }

    def create(self, now: int) -> int:
        """Returns the status of the answer."""
        if self.method in UNANSWERED:
            return 201
        if self.method in DECLINED:
            self.status = "failed"
            return 402
        self._approve(now)
        return 201

    def settle(self, now: int) -> None:
        """Applies the outcome that the gateway reports later."""
        if self.status != "processing":
            return
        if self.method == "pm_timeout_before":
            self.status = "failed"
        else:
            self._approve(now)

    def expire(self, now: int) -> None:
        """Releases a lapsed authorization."""
        if self.expires is not None and self.expires <= now:
            self._release()

    def capture(self, amount: int | None, final: bool, now: int) -> int:
        """Returns the status of the answer."""
        if self.status != "requires_capture" or (self.expires or 0) <= now:
            return 409
        captured_amount = self.capturable if amount is None else amount
        if captured_amount > self.capturable:
            return 400
        self.capturable -= captured_amount
        self.captured += captured_amount
        if final or not self.capturable:
            self._release()
        return 200

    def cancel(self) -> int:
        """Returns the status of the answer."""
        if self.status not in ("requires_capture", "requires_action"):
            return 409
        self._release()
        return 200

    def refund(self, amount: int | None) -> int:
        """Returns the status of the answer."""
        rest = self.captured - self.refunded
        if self.status == "processing" or not rest:
            return 409
        if amount is not None and amount > rest:
            return 400
        self.refunds.append(rest if amount is None else amount)
        return 201

    def _approve(self, now: int) -> None:
        if self.method == "pm_requires_action":
            self.status, self.expires = "requires_action", now + AUTHORIZED_FOR
        elif self.manual:
            self.status, self.capturable = "requires_capture", self.amount
            self.expires = now + AUTHORIZED_FOR
        else:
            self.status, self.captured = "succeeded", self.amount

    def _release(self) -> None:
        self.voided += self.capturable
        self.capturable, self.expires = 0, None
        self.status = "succeeded" if self.captured else "canceled"
