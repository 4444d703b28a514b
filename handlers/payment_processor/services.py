"""What the routes call."""

from dataclasses import dataclass

from payment_processor.messages import Request
from payments.attempts import Attempts
from payments.cursors import Cursors
from payments.ids import PAYMENT_ID
from payments.listing import Lists
from payments.payment import Payment
from payments.problems import Problem
from payments.store import Store
from payments.webhooks.keeper import Keeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`cap` is the largest amount of a new payment, in minor units; `loopback` admits webhooks to here."""

    attempts: Attempts
    lists: Lists
    cursors: Cursors
    webhooks: Keeper
    cap: int
    loopback: bool = False

    @property
    def store(self) -> Store:
        return self.attempts.store

    def own_payment(self, request: Request) -> Payment:
        """The payment of the path; another merchant's is as unknown as one that never was."""
        payment_id = request.path_values["id"]
        payment = self.store.payment(payment_id) if PAYMENT_ID.fullmatch(payment_id) else None
        if payment is None or payment.merchant != request.merchant:
            raise Problem("not_found", "There is no payment with this id.", param="id")
        return payment
