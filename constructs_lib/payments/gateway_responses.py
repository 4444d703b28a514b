"""Problem documents (RFC 9457) that API Gateway sends without a function, in the format of the functions."""

from typing import Any

from constructs_lib.aws.api.gateway_responses import ProblemResponse

TYPE_PREFIX = "urn:problem-type:payments:"


def _problem(status: int, code: str, title: str, detail: str, **options: Any) -> ProblemResponse:
    return ProblemResponse(status=status, code=code, title=title, detail=detail, **options)


SOON = {"Retry-After": "1"}  # seconds
BROKEN = _problem(
    500, "internal_error", "Internal error", "Repeat the request with the same key, or report its request id."
)
NO_ROUTE = _problem(404, "not_found", "The resource does not exist", "There is no such route.")
GATEWAY_RESPONSES = {
    "ACCESS_DENIED": _problem(
        403, "forbidden", "The credential does not allow this", "The key may not call this route."
    ),
    "AUTHORIZER_FAILURE": BROKEN,
    "BAD_REQUEST_BODY": _problem(
        400, "invalid_body", "The body is not valid JSON", "The body must be a JSON object."
    ),
    # Routes require no other parameter.
    "BAD_REQUEST_PARAMETERS": _problem(
        400,
        "idempotency_key_missing",
        "The Idempotency-Key is missing",
        "Send an Idempotency-Key with every POST.",
        param="Idempotency-Key",
    ),
    "DEFAULT_4XX": _problem(
        400,
        "invalid_request",
        "The request is not valid",
        "The request could not be read: check its path, its headers and its body.",
    ),
    "DEFAULT_5XX": BROKEN,
    # The authorizer, not the caller, sends the key of the usage plan.
    "INVALID_API_KEY": BROKEN,
    "INTEGRATION_TIMEOUT": _problem(
        504,
        "timeout",
        "No answer in time",
        "The outcome is not known yet: repeat the request with the same key.",
        more=SOON,
    ),
    # API Gateway reads the Authorization header of unknown paths as an AWS signature.
    "INVALID_SIGNATURE": NO_ROUTE,
    "MISSING_AUTHENTICATION_TOKEN": NO_ROUTE,
    "REQUEST_TOO_LARGE": _problem(
        413,
        "request_too_large",
        "The request is too large",
        "The body is larger than any request of this API.",
    ),
    "RESOURCE_NOT_FOUND": NO_ROUTE,
    "QUOTA_EXCEEDED": _problem(
        429,
        "rate_limited",
        "Too many requests",
        "Today's quota is used up. Nothing was done: repeat the request tomorrow with the same key.",
        more={"Retry-After": "3600"},
    ),
    "THROTTLED": _problem(
        429,
        "rate_limited",
        "Too many requests",
        "Nothing was done: repeat the request with the same key.",
        more=SOON,
    ),
    # The header: RFC 9110, section 15.5.2.
    "UNAUTHORIZED": _problem(
        401,
        "unauthorized",
        "No valid credential",
        "Send a secret key that is in force: Authorization: Bearer sk_...",
        more={"WWW-Authenticate": "Bearer"},
    ),
    "UNSUPPORTED_MEDIA_TYPE": _problem(
        415,
        "unsupported_media_type",
        "The media type is not supported",
        "Send Content-Type: application/json.",
    ),
    "WAF_FILTERED": _problem(
        403, "forbidden", "The credential does not allow this", "The request was refused before it was read."
    ),
}
# The firewall knows neither the id of the request nor the content type of problem documents.
RATE_LIMITED = {
    "type": f"{TYPE_PREFIX}rate_limited",
    "title": "Too many requests",
    "status": 429,
    "code": "rate_limited",
    "detail": "Too many requests came from this address. Wait before the next one.",
}
