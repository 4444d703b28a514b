"""The adapter of Stripe's SDK: every answer, and every missing one, as an outcome of the gateway port.

A charge is two requests: the first creates a payment intent with the idempotency key and moves no money, the
second confirms it. Therefore `find` can look for a charge without making it: the repeated first request
returns the intent. An unconfirmed intent is canceled, so that a late confirmation fails. Stripe keeps
idempotency keys for at least a day (docs.stripe.com/api/idempotent_requests); the sweeper looks for a charge
after a minute.
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
from payments.formats import rfc3339
from payments.ledger import Kind
from payments.money import EXPONENTS
from payments.payment import ActionRequired, Approved, Declined, Done, Outcome, Result, Unknown
from payments.ports import NOT_CHARGED, Busy, Movement, Order
from payments.verification.reconciliation import Movement as SettledMovement

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


class UnsupportedAmount(ValueError):
    """Reports an amount that Stripe cannot represent, or a currency that it does not have."""


def from_environment(variables: Mapping[str, str]) -> "StripeGateway":
    """Returns the gateway; its API key is the secret that the variable STRIPE_SECRET_ID names."""
    key = latest_secret(client("secretsmanager"), variables["STRIPE_SECRET_ID"])
    return StripeGateway(stripe.StripeClient(key, http_client=Transport(), max_network_retries=0))


@dataclass(frozen=True, slots=True)
class StripeGateway:
    """Implements payments.ports.Gateway; `settled` is a payments.verification.reconciliation.Statement."""

    api: stripe.StripeClient

    def charge(self, order: Order) -> Outcome | Busy:
        """Creates the intent and confirms it."""
        intent = _call(lambda: self._intent(order))
        if not isinstance(intent, stripe.PaymentIntent):
            # Without an intent, no charge is possible.
            return Busy(_RETRY_AFTER) if isinstance(intent, Unknown) else intent
        confirmed = _call(
            lambda: self.api.v1.payment_intents.confirm(
                intent.id, options={"idempotency_key": f"{order.idempotency_key}-confirm"}
            )
        )
        return _outcome(confirmed) if isinstance(confirmed, stripe.PaymentIntent) else confirmed

    def find(self, order: Order) -> Outcome | Busy:
        """Returns the outcome of the intent; an unconfirmed one is canceled first."""
        intent = _call(lambda: self._intent(order))
        if not isinstance(intent, stripe.PaymentIntent):
            return intent
        current = _call(lambda: self.api.v1.payment_intents.retrieve(intent.id))
        if not isinstance(current, stripe.PaymentIntent):
            return current
        if current.status == "requires_confirmation":
            canceled = _call(lambda: self.api.v1.payment_intents.cancel(intent.id))
            # Otherwise another process has confirmed it, or no answer came: the next sweep looks again.
            return NOT_CHARGED if isinstance(canceled, stripe.PaymentIntent) else Unknown()
        return NOT_CHARGED if current.status == "canceled" else _outcome(current)

    def capture(self, movement: Movement) -> Result | Busy:
        """Captures the intent; a capture that is not final keeps the rest capturable."""
        rest: PaymentIntentCaptureParams = {} if movement.final else {"final_capture": False}
        return self._move(
            movement,
            lambda amount: self.api.v1.payment_intents.capture(
                movement.charge,
                {"amount_to_capture": amount, **rest},
                {"idempotency_key": movement.idempotency_key},
            ),
        )

    def cancel(self, movement: Movement) -> Result | Busy:
        """Cancels the intent."""
        return self._move(
            movement,
            lambda amount: self.api.v1.payment_intents.cancel(
                movement.charge, options={"idempotency_key": movement.idempotency_key}
            ),
        )

    def refund(self, movement: Movement) -> Result | Busy:
        """Refunds a part of the intent; looks for the refund first, as Stripe may have dropped the key."""
        return self._move(movement, lambda amount: self._refund(movement, amount))

    def settled(self, day: str) -> Iterator[SettledMovement]:
        """Yields the balance transactions of a day, in the currencies of their charges."""
        start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        end = start + timedelta(days=1)
        transactions = self.api.v1.balance_transactions.list(
            {
                "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp())},
                "expand": ["data.source"],
                "limit": _PAGE,
            }
        )
        for transaction in transactions.auto_paging_iter():
            source = _plain(transaction.source)
            if transaction.type in _SETTLED:
                currency = source["currency"].upper()
                # The balance may have another currency; the source has the currency of the charge. A charge
                # that was captured in part has its amount in `amount_captured`.
                amount = source.get("amount_captured") or source["amount"]
                metadata = source.get("metadata") or {}
                yield SettledMovement(
                    payment=metadata.get("payment", source["id"]),
                    kind=_SETTLED[transaction.type],
                    amount=_from_stripe(amount, currency),
                    currency=currency,
                    created=rfc3339(datetime.fromtimestamp(transaction.created, UTC)),
                )

    def _intent(self, order: Order) -> stripe.PaymentIntent:
        return self.api.v1.payment_intents.create(
            {
                "amount": _to_stripe(order.amount, order.currency),
                "currency": order.currency.lower(),
                "payment_method": order.payment_method,
                "allowed_payment_method_types": ["card"],
                "capture_method": "automatic" if order.capture else "manual",
                "metadata": {"payment": order.idempotency_key},
            },
            {"idempotency_key": order.idempotency_key},
        )

    def _refund(self, movement: Movement, amount: int) -> stripe.Refund:
        refunds = self.api.v1.refunds.list({"payment_intent": movement.charge, "limit": _PAGE})
        for refund in refunds.auto_paging_iter():
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

    def _move(self, movement: Movement, send: Callable[[int], stripe.StripeObject]) -> Result | Busy:
        answer = _call(lambda: send(_to_stripe(movement.amount, movement.currency)))
        if not isinstance(answer, stripe.StripeObject):
            return answer
        match getattr(answer, "status", None):
            case "pending" | "requires_action" | "processing":
                return Unknown()
            case "failed":
                return Declined("refund_failed", "The gateway could not refund the money.")
        return Done()


def _call[T: stripe.StripeObject](request: Callable[[], T]) -> T | Busy | Declined | Unknown:
    """Returns an answer, or the meaning of a missing one. Raises configuration errors: keys, permissions."""
    try:
        return request()
    except UnsupportedAmount:
        return Declined("invalid_amount", "The gateway does not support this amount of this currency.")
    except NeverSent:
        return Busy(_RETRY_AFTER)
    except stripe.RateLimitError as failure:
        return Busy(_retry_after(failure))
    except stripe.CardError as failure:
        code = _plain(failure.error).get("decline_code") or failure.code
        return _decline(code, failure.user_message)
    except stripe.InvalidRequestError as failure:
        return Declined(failure.code or "invalid_request", "The gateway refused the request.")
    except stripe.APIConnectionError:
        return Unknown()
    except stripe.APIError as failure:
        # 409: a request with the same key is running.
        if failure.http_status == 409 or (failure.http_status or 500) >= 500:
            return Unknown()
        raise


def _plain(sdk_object: Any) -> dict[str, Any]:
    """Returns an object of the SDK as a dictionary."""
    return sdk_object.to_dict() if sdk_object else {}


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


def _decline(code: str | None, message: str | None) -> Declined:
    return Declined(code or "card_declined", message or "The payment was declined.")


def _retry_after(failure: stripe.RateLimitError) -> int:
    seconds = str((failure.headers or {}).get("retry-after", ""))
    return int(seconds) if seconds.isdigit() else _RETRY_AFTER


def _to_stripe(amount: int, currency: str) -> int:
    """Returns Stripe's minor units. Raises UnsupportedAmount."""
    iso, stripes = EXPONENTS[currency], _EXPONENTS[currency]
    whole, fraction = divmod(amount * int(10**stripes), int(10**iso))
    if stripes > 3 or fraction:
        raise UnsupportedAmount
    return whole


def _from_stripe(amount: int, currency: str) -> int:
    return amount * int(10 ** EXPONENTS[currency]) // int(10 ** _EXPONENTS[currency])
