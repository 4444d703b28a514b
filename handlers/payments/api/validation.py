"""Validation of requests: card numbers, JSON bodies and their fields."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from payments.formats import MalformedJson, from_json
from payments.money import MAX_AMOUNT, amount_fault, currency_fault
from payments.operation_rules import Cancel, Capture, RefundRequest
from payments.payment import CaptureMethod
from payments.problems import FieldError, Problem, invalid

type Faults = Mapping[str, Callable[[object], str | None]]
"""For each field, a function that returns the fault of its value, or None."""

_METHOD = re.compile(r"(?:pm|tok)_[A-Za-z0-9_]{1,64}")
_METADATA_KEY = re.compile(r"[^\x00-\x1f\x7f]{1,40}")
_REASON = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_MAX_METADATA_KEYS, _MAX_METADATA_VALUE = 50, 500

# Digits, by ISO/IEC 7812-1 and the schemes that still issue short ones.
_MIN_CARD_LENGTH, _MAX_CARD_LENGTH = 13, 19
_SEPARATORS = r"[\s\-\u2010-\u2015\u2212]"
_DIGITS = re.compile(rf"\d(?:{_SEPARATORS}{{0,3}}\d){{{_MIN_CARD_LENGTH - 1},}}")
_SEPARATOR = re.compile(f"{_SEPARATORS}+")
# Digits pass the Luhn check by chance in one random UUID of 340 and one X-Ray trace header of 1,000. A
# separate token of 32 or more hexadecimal characters, one of them a letter, is an identifier, not a card.
_IDENTIFIER = re.compile(r"(?<![0-9A-Za-z-])(?=[0-9-]*[a-fA-F])[0-9a-fA-F-]{32,}(?![0-9A-Za-z-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """Represents a valid body of POST /v1/payments."""

    amount: int
    currency: str
    payment_method: str
    capture_method: CaptureMethod
    metadata: Mapping[str, str]


def has_card_number(text: str) -> bool:
    """Returns True if 13 to 19 digits of the text pass the Luhn check, also in groups: `4242 4242 …`."""
    return any(
        _passes_luhn(candidate)
        for run in _DIGITS.finditer(_IDENTIFIER.sub("#", text))
        for candidate in _card_candidates(_SEPARATOR.split(run.group()))
    )


def texts(value: object) -> Iterator[str]:
    """Yields every text of a JSON value, including keys and numbers, with escapes resolved."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def read_object(text: str, *, optional: bool = False) -> Mapping[str, Any]:
    """Returns a body as a JSON object; an empty body counts as `{}` if it is optional. Raises Problem."""
    try:
        body = from_json("{}" if optional and not text.strip() else text)
    except MalformedJson:
        raise Problem("invalid_body", "The body must be one JSON object without repeated keys.") from None
    if not isinstance(body, dict):
        raise Problem("invalid_body", "The body must be a JSON object.")
    return body


def parse_new_payment(body: Mapping[str, Any], cap: int) -> NewPayment:
    """Parses a body of POST /v1/payments; `cap` is the largest amount in minor units. Raises Problem."""
    faults: Faults = {
        "amount": lambda value: amount_fault(value, body.get("currency"), cap),
        "currency": currency_fault,
        "payment_method": partial(_text_fault, _METHOD, "must be a token, pm_… or tok_…"),
        "capture_method": _capture_method_fault,
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


def parse_capture(body: Mapping[str, Any]) -> Capture:
    """Parses a body of POST /v1/payments/{id}/capture. Raises Problem."""
    check(body, {"amount": _optional_amount_fault, "final": _boolean_fault})
    return Capture(body.get("amount"), body.get("final", True))


def parse_cancel(body: Mapping[str, Any]) -> Cancel:
    """Parses a body of POST /v1/payments/{id}/cancel, which has no fields. Raises Problem."""
    check(body, {})
    return Cancel()


def parse_refund(body: Mapping[str, Any]) -> RefundRequest:
    """Parses a body of POST /v1/payments/{id}/refunds. Raises Problem."""
    reason = "must be a string of 1 to 200 characters without control characters"
    check(body, {"amount": _optional_amount_fault, "reason": partial(_text_fault, _REASON, reason)})
    return RefundRequest(body.get("amount"), body.get("reason"))


def check(body: Mapping[str, Any], faults: Faults, required: Sequence[str] = ()) -> None:
    """Raises one Problem that lists every invalid, missing and unknown field."""
    errors: list[FieldError] = [
        {"param": name, "detail": "is required"} for name in required if name not in body
    ]
    for name, value in body.items():
        fault = faults[name](value) if name in faults else "is not a field of this request"
        if fault:
            errors.append({"param": name[:64], "detail": fault})
    if errors:
        raise invalid(errors)


def _card_candidates(groups: list[str]) -> Iterator[str]:
    """Yields adjacent groups joined: a card number is often followed by a date or a security code."""
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) > _MAX_CARD_LENGTH:
                break
            if len(digits) >= _MIN_CARD_LENGTH:
                yield digits


def _passes_luhn(digits: str) -> bool:
    # int() reads the decimal digits of every script, as \d matches them.
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0


def _optional_amount_fault(value: object) -> str | None:
    return amount_fault(value, None, MAX_AMOUNT)


def _boolean_fault(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _text_fault(pattern: re.Pattern[str], fault: str, value: object) -> str | None:
    return None if isinstance(value, str) and pattern.fullmatch(value) else fault


def _capture_method_fault(value: object) -> str | None:
    return None if value in tuple(CaptureMethod) else "must be automatic or manual"


def _metadata_fault(value: object) -> str | None:
    if not isinstance(value, dict) or len(value) > _MAX_METADATA_KEYS:
        return f"must be an object of at most {_MAX_METADATA_KEYS} keys"
    if not all(map(_METADATA_KEY.fullmatch, value)):
        return "must have keys of 1 to 40 characters without control characters"
    if not all(isinstance(text, str) and len(text) <= _MAX_METADATA_VALUE for text in value.values()):
        return f"must have values that are strings of at most {_MAX_METADATA_VALUE} characters"
    return None
