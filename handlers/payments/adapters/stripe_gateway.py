"""Stripe, through its SDK: every answer, and every missing one, in the words of the gateway's port.

A charge is two questions: an intent is made under our key, which moves no money, and then confirmed. So what
became of a charge can be asked without making it: the first question, repeated, names the intent; one that
was never confirmed is cancelled, and a late confirmation finds it so. Stripe keeps keys for a day at least
(docs.stripe.com/api/idempotent_requests); outcomes are asked for from the first minute on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from stripe.params import PaymentIntentCaptureParams

from payments.adapters.clients import client
from payments.adapters.secret import latest_secret
from payments.adapters.stripe_transport import NeverSent, Transport
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
from payments.ledger import Kind
from payments.money import EXPONENTS
from payments.reconciliation import Movement as Settled
from payments.times import rfc3339

# Where Stripe's minor units are not those of ISO 4217 (docs.stripe.com/currencies, special cases).
_EXPONENTS = {**EXPONENTS, "ISK": 2, "MGA": 0, "UGX": 2}
_RETRY_AFTER = 1
_PAGE = 100
_SETTLED: Mapping[str, Kind] = {
    "charge": Kind.CAPTURE,
    "payment": Kind.CAPTURE,
    "refund": Kind.REFUND,
    "payment_refund": Kind.REFUND,
}


def from_environment(variables: Mapping[str, str]) -> "StripeGateway":
    """Its secret key is the secret that STRIPE_SECRET_ID names."""
    key = latest_secret(client("secretsmanager"), variables["STRIPE_SECRET_ID"])
    return StripeGateway(stripe.StripeClient(key, http_client=Transport(), max_network_retries=0))


@dataclass(frozen=True, slots=True)
class StripeGateway:
    """A payments.gateway.Gateway and a payments.reconciliation.Statement."""

    api: stripe.StripeClient

    def charge(self, order: Order) -> Outcome | Busy:
        """Make the intent and confirm it."""
        try:
            amount = _to_stripe(order.amount, order.currency)
        except ValueError:
            return Declined("invalid_amount", "The gateway cannot take this amount of this currency.")
        found = _asked(lambda: self._intent(order, amount))
        if not isinstance(found, stripe.PaymentIntent):
            # Without an intent there is nothing that could charge.
            return Busy(_RETRY_AFTER) if isinstance(found, Unknown) else found
        confirmed = _asked(
            lambda: self.api.v1.payment_intents.confirm(
                found.id, options={"idempotency_key": f"{order.idempotency_key}-confirm"}
            )
        )
        return _outcome(confirmed) if isinstance(confirmed, stripe.PaymentIntent) else confirmed

    def find(self, order: Order) -> Outcome | Busy:
        """The intent as it is now; one that was never confirmed is cancelled first."""
        try:
            amount = _to_stripe(order.amount, order.currency)
        except ValueError:
            return NOT_CHARGED
        made = _asked(lambda: self._intent(order, amount))
        if not isinstance(made, stripe.PaymentIntent):
            return made
        now = _asked(lambda: self.api.v1.payment_intents.retrieve(made.id))
        if not isinstance(now, stripe.PaymentIntent):
            return now
        if now.status == "requires_confirmation":
            gone = _asked(lambda: self.api.v1.payment_intents.cancel(made.id))
            # Somebody was quicker, or nobody knows: look again.
            return NOT_CHARGED if isinstance(gone, stripe.PaymentIntent) else Unknown()
        return NOT_CHARGED if now.status == "canceled" else _outcome(now)

    def capture(self, movement: Movement) -> Result | Busy:
        """Capture the intent; what is not final keeps the rest capturable."""
        rest: PaymentIntentCaptureParams = {} if movement.final else {"final_capture": False}
        return self._moved(
            movement,
            lambda amount: self.api.v1.payment_intents.capture(
                movement.charge,
                {"amount_to_capture": amount, **rest},
                {"idempotency_key": movement.idempotency_key},
            ),
        )

    def cancel(self, movement: Movement) -> Result | Busy:
        """Cancel the intent."""
        return self._moved(
            movement,
            lambda amount: self.api.v1.payment_intents.cancel(
                movement.charge, options={"idempotency_key": movement.idempotency_key}
            ),
        )

    def refund(self, movement: Movement) -> Result | Busy:
        """Refund a part of the intent; looked for first, as a key may be older than Stripe remembers."""
        return self._moved(movement, lambda amount: self._refund(movement, amount))

    def settled(self, day: str) -> Iterator[Settled]:
        """The balance transactions of a day, in the currency of their charges."""
        start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        end = start + timedelta(days=1)
        listed = self.api.v1.balance_transactions.list(
            {
                "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp())},
                "expand": ["data.source"],
                "limit": _PAGE,
            }
        )
        for transaction in listed.auto_paging_iter():
            source = _plain(transaction.source)
            if transaction.type in _SETTLED:
                currency = source["currency"].upper()
                # The balance may be kept in another currency: the source has what was agreed on. A charge
                # that was captured in part has its amount in `amount_captured`.
                amount = source.get("amount_captured") or source["amount"]
                metadata = source.get("metadata") or {}
                yield Settled(
                    payment=metadata.get("payment", source["id"]),
                    kind=_SETTLED[transaction.type],
                    amount=_from_stripe(amount, currency),
                    currency=currency,
                    created=rfc3339(datetime.fromtimestamp(transaction.created, UTC)),
                )

    def _intent(self, order: Order, amount: int) -> stripe.PaymentIntent:
        return self.api.v1.payment_intents.create(
            {
                "amount": amount,
                "currency": order.currency.lower(),
                "payment_method": order.payment_method,
                "allowed_payment_method_types": ["card"],
                "capture_method": "automatic" if order.capture else "manual",
                "metadata": {"payment": order.idempotency_key},
            },
            {"idempotency_key": order.idempotency_key},
        )

    def _refund(self, movement: Movement, amount: int) -> stripe.Refund:
        made = self.api.v1.refunds.list({"payment_intent": movement.charge, "limit": _PAGE})
        for refund in made.auto_paging_iter():
            if _plain(refund.metadata).get("key") == movement.idempotency_key:
                return refund
        payment = movement.idempotency_key.partition("-")[0]
        return self.api.v1.refunds.create(
            {
                "payment_intent": movement.charge,
                "amount": amount,
                "metadata": {"payment": payment, "key": movement.idempotency_key},
            },
            {"idempotency_key": movement.idempotency_key},
        )

    def _moved(self, movement: Movement, ask: Callable[[int], stripe.StripeObject]) -> Result | Busy:
        try:
            amount = _to_stripe(movement.amount, movement.currency) if movement.amount else 0
        except ValueError:
            return Declined("invalid_amount", "The gateway cannot move this amount of this currency.")
        answer = _asked(lambda: ask(amount))
        if not isinstance(answer, stripe.StripeObject):
            return answer
        match getattr(answer, "status", None):
            case "pending" | "requires_action" | "processing":
                return Unknown()
            case "failed":
                return Declined("refund_failed", "The gateway could not give the money back.")
        return Done()


def _asked[T: stripe.StripeObject](ask: Callable[[], T]) -> T | Busy | Declined | Unknown:
    """An answer, or what its absence means. What is wrong on our side is raised: keys, rights, parameters."""
    try:
        return ask()
    except NeverSent:
        return Busy(_RETRY_AFTER)
    except stripe.RateLimitError as failure:
        return Busy(_retry_after(failure))
    except stripe.CardError as failure:
        return _declined(failure)
    except stripe.InvalidRequestError as failure:
        return Declined(failure.code or "invalid_request", "The gateway refused the request.")
    except stripe.APIConnectionError:
        return Unknown()
    except stripe.APIError as failure:
        # 409: the same key is at work.
        if failure.http_status == 409 or (failure.http_status or 500) >= 500:
            return Unknown()
        raise


def _plain(found: Any) -> dict[str, Any]:
    """An object of the SDK as what it holds."""
    return found.to_dict() if found else {}


def _outcome(intent: stripe.PaymentIntent) -> Outcome:
    match intent.status:
        case "succeeded" | "requires_capture":
            return Approved(intent.id)
        case "requires_action":
            return ActionRequired(intent.id)
        case "requires_payment_method":
            error = _plain(intent.last_payment_error)
            return _decline(error.get("decline_code") or error.get("code"), error.get("message"))
        case "canceled":
            return _decline("canceled", None)
    return Unknown()


def _declined(failure: stripe.CardError) -> Declined:
    code = _plain(failure.error).get("decline_code") or failure.code
    return _decline(code, failure.user_message)


def _decline(code: str | None, message: str | None) -> Declined:
    return Declined(code or "card_declined", message or "The payment was declined.")


def _retry_after(failure: stripe.RateLimitError) -> int:
    told = str((failure.headers or {}).get("retry-after", ""))
    return int(told) if told.isdigit() else _RETRY_AFTER


def _to_stripe(amount: int, currency: str) -> int:
    """Raises ValueError for a fraction of what Stripe counts in, and for a currency that it does not have."""
    ours, theirs = EXPONENTS[currency], _EXPONENTS[currency]
    if theirs > 3:
        raise ValueError("a currency without money")
    whole, rest = divmod(amount * int(10**theirs), int(10**ours))
    if rest:
        raise ValueError("a fraction of the gateway's minor unit")
    return whole


def _from_stripe(amount: int, currency: str) -> int:
    return amount * int(10 ** EXPONENTS[currency]) // int(10 ** _EXPONENTS[currency])
