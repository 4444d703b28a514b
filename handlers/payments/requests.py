"""Requests in their own words: what a body must be, with everything that is wrong with it at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payments import json_text
from payments.intents import Cancel, Capture, GiveBack
from payments.money import LARGEST_AMOUNT, amount_fault, currency_fault
from payments.payment import CaptureMethod
from payments.problems import FieldError, Problem, invalid

type Faults = Mapping[str, Callable[[object], str | None]]
"""What is wrong with the value of each field, or None."""

_METHOD = re.compile(r"(?:pm|tok)_[A-Za-z0-9_]{1,64}")
_METADATA_KEY = re.compile(r"[^\x00-\x1f\x7f]{1,40}")
_REASON = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_METADATA_KEYS, _METADATA_VALUE = 50, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """A valid body of POST /v1/payments."""

    amount: int
    currency: str
    payment_method: str
    capture_method: CaptureMethod
    metadata: Mapping[str, str]


def read_object(text: str, *, optional: bool = False) -> Mapping[str, Any]:
    """A body as a JSON object; no body at all is an empty one where it is optional."""
    try:
        body = json_text.read("{}" if optional and not text.strip() else text)
    except json_text.Malformed:
        raise Problem("invalid_body", "The body must be one JSON object without repeated keys.") from None
    if not isinstance(body, dict):
        raise Problem("invalid_body", "The body must be a JSON object.")
    return body


def new_payment(body: Mapping[str, Any], cap: int) -> NewPayment:
    """Check a body of POST /v1/payments; raises one Problem that names every wrong field."""
    faults: Faults = {
        "amount": lambda value: amount_fault(value, body.get("currency"), cap),
        "currency": currency_fault,
        "payment_method": _method_fault,
        "capture_method": _capture_fault,
        "metadata": _metadata_fault,
    }
    check(body, faults, required=("amount", "currency", "payment_method"))
    return NewPayment(
        amount=body["amount"],
        currency=body["currency"],
        payment_method=body["payment_method"],
        capture_method=CaptureMethod(body.get("capture_method", CaptureMethod.AUTOMATIC)),
        metadata=body.get("metadata", {}),
    )


def capture(body: Mapping[str, Any]) -> Capture:
    """Check a body of POST /v1/payments/{id}/capture."""
    check(body, {"amount": _some_amount_fault, "final": _flag_fault})
    return Capture(body.get("amount"), body.get("final", True))


def cancel(body: Mapping[str, Any]) -> Cancel:
    """Check a body of POST /v1/payments/{id}/cancel: there is nothing to say."""
    check(body, {})
    return Cancel()


def give_back(body: Mapping[str, Any]) -> GiveBack:
    """Check a body of POST /v1/payments/{id}/refunds."""
    check(body, {"amount": _some_amount_fault, "reason": _reason_fault})
    return GiveBack(body.get("amount"), body.get("reason"))


def check(body: Mapping[str, Any], faults: Faults, required: Sequence[str] = ()) -> None:
    """Raise one Problem that names every wrong field."""
    errors: list[FieldError] = [
        {"param": name, "detail": "is required"} for name in required if name not in body
    ]
    for name, value in body.items():
        fault = faults[name](value) if name in faults else "is not a field of this request"
        if fault:
            errors.append({"param": name[:64], "detail": fault})
    if errors:
        raise invalid(errors)


def _some_amount_fault(value: object) -> str | None:
    return amount_fault(value, None, LARGEST_AMOUNT)


def _flag_fault(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _reason_fault(value: object) -> str | None:
    if isinstance(value, str) and _REASON.fullmatch(value):
        return None
    return "must be a string of 1 to 200 characters, none of them a control character"


def _method_fault(value: object) -> str | None:
    if isinstance(value, str) and _METHOD.fullmatch(value):
        return None
    return "must be a token, pm_… or tok_…"


def _capture_fault(value: object) -> str | None:
    return None if value in tuple(CaptureMethod) else "must be automatic or manual"


def _metadata_fault(value: object) -> str | None:
    if not isinstance(value, dict) or len(value) > _METADATA_KEYS:
        return f"must be an object of at most {_METADATA_KEYS} keys"
    if not all(map(_METADATA_KEY.fullmatch, value)):
        return "must have keys of 1 to 40 characters, none of them a control character"
    if not all(isinstance(text, str) and len(text) <= _METADATA_VALUE for text in value.values()):
        return f"must have values that are strings of at most {_METADATA_VALUE} characters"
    return None
