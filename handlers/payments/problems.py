"""Errors that a caller can act on: problem details of RFC 9457."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

# code: (status, title). The code is for programs, the title for people; both are contract.
KINDS: Mapping[str, tuple[int, str]] = {
    "invalid_body": (400, "The body is not valid JSON"),
    "invalid_request": (400, "The request is not valid"),
    "card_number": (400, "Card numbers are refused"),
    "idempotency_key_missing": (400, "The Idempotency-Key is missing"),
    "idempotency_key_invalid": (400, "The Idempotency-Key is not valid"),
    "unauthorized": (401, "No valid credential"),
    "payment_declined": (402, "The payment was declined"),
    "forbidden": (403, "The credential does not allow this"),
    "not_found": (404, "There is no such thing"),
    "idempotency_key_in_use": (409, "A request with this Idempotency-Key is running"),
    "payment_busy": (409, "Another operation of this payment is running"),
    "payment_state": (409, "The payment is not in a state that allows this"),
    "webhook_state": (409, "The webhook is not in a state that allows this"),
    "idempotency_key_reused": (422, "The Idempotency-Key belongs to another request"),
    "rate_limited": (429, "Too many requests"),
    "internal_error": (500, "Something broke on our side"),
    "unavailable": (503, "Not available right now"),
    # Only API Gateway answers these.
    "request_too_large": (413, "The request is too large"),
    "unsupported_media_type": (415, "The media type is not supported"),
    "timeout": (504, "No answer in time"),
}


class FieldError(TypedDict):
    """One wrong field: its name and what is wrong with it."""

    param: str
    detail: str


class Problem(Exception):
    """An answer that is not the one that was hoped for; `code` is one of KINDS."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        param: str | None = None,
        errors: Sequence[FieldError] = (),
        decline_code: str | None = None,
        payment: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.param = param
        self.errors = errors
        self.decline_code = decline_code
        self.payment = payment
        self.retry_after = retry_after
        self.status, self.title = KINDS[code]

    def document(self, request_id: str) -> dict[str, object]:
        """The body; members that do not apply are left out."""
        members: dict[str, object] = {
            "type": f"urn:problem-type:payments:{self.code}",
            "title": self.title,
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


def invalid(errors: Sequence[FieldError]) -> Problem:
    """The 400 that names every wrong field."""
    return Problem(
        "invalid_request",
        "; ".join(f"{error['param']} {error['detail']}" for error in errors[:5]) + ".",
        param=errors[0]["param"],
        errors=errors[:50],
    )
