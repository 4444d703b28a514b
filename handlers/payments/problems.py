"""Errors of the API as problem details (RFC 9457)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Protocol, TypedDict

# code: (status, title). Programs read the code, people the title; both are contract.
KINDS: Mapping[str, tuple[int, str]] = {
    "invalid_body": (400, "The body is not valid JSON"),
    "invalid_request": (400, "The request is not valid"),
    "card_number": (400, "Card numbers are refused"),
    "idempotency_key_missing": (400, "The Idempotency-Key is missing"),
    "idempotency_key_invalid": (400, "The Idempotency-Key is not valid"),
    "unauthorized": (401, "No valid credential"),
    "payment_declined": (402, "The payment was declined"),
    "forbidden": (403, "The credential does not allow this"),
    "not_found": (404, "The resource does not exist"),
    "idempotency_key_in_use": (409, "A request with this Idempotency-Key is running"),
    "payment_busy": (409, "Another operation of this payment is running"),
    "payment_state": (409, "The payment is not in a state that allows this"),
    "webhook_state": (409, "The webhook is not in a state that allows this"),
    "idempotency_key_reused": (422, "The Idempotency-Key belongs to another request"),
    "rate_limited": (429, "Too many requests"),
    "internal_error": (500, "Internal error"),
    "unavailable": (503, "Temporarily unavailable"),
    # Sent by API Gateway only.
    "request_too_large": (413, "The request is too large"),
    "unsupported_media_type": (415, "The media type is not supported"),
    "timeout": (504, "No answer in time"),
}


class FieldError(TypedDict):
    """Represents one invalid field: its name and the reason."""

    param: str
    detail: str


@dataclass(eq=False)
class Problem(Exception):
    """Represents an error of the API; `code` is a key of KINDS, `retry_after` is in seconds."""

    code: str
    detail: str
    _: KW_ONLY
    param: str | None = None
    errors: Sequence[FieldError] = ()
    decline_code: str | None = None
    payment: str | None = None
    retry_after: int | None = None

    @property
    def status(self) -> int:
        return KINDS[self.code][0]

    def document(self, request_id: str) -> dict[str, object]:
        """Returns the body; members that do not apply are left out."""
        members: dict[str, object] = {
            "type": f"urn:problem-type:payments:{self.code}",
            "title": KINDS[self.code][1],
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:uuid:{request_id}",
            "code": self.code,
            "param": self.param,
            "decline_code": self.decline_code,
            "payment": self.payment,
            "request_id": request_id,
            "errors": list(self.errors),
        }
        return {name: value for name, value in members.items() if value not in (None, [])}


class Owned(Protocol):
    """Represents a resource of a merchant."""

    @property
    def merchant(self) -> str: ...


def read_own[R: Owned](
    kind: str, pattern: re.Pattern[str], read: Callable[[str], R | None], resource_id: str, merchant: str
) -> R:
    """Returns the resource of the path. Raises Problem if there is none, or it is another merchant's."""
    resource = read(resource_id) if pattern.fullmatch(resource_id) else None
    if resource is None or resource.merchant != merchant:
        raise Problem("not_found", f"There is no {kind} with this id.", param="id")
    return resource


def invalid(errors: Sequence[FieldError]) -> Problem:
    """Returns the 400 that lists every invalid field."""
    return Problem(
        "invalid_request",
        "; ".join(f"{error['param']} {error['detail']}" for error in errors[:5]) + ".",
        param=errors[0]["param"],
        errors=errors[:50],
    )


def invalid_param(param: str, detail: str) -> Problem:
    """Returns the 400 `invalid_request` of one invalid field or parameter."""
    return invalid([{"param": param, "detail": detail}])
