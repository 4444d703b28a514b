"""Problem documents (RFC 9457) that API Gateway sends itself, of the same kind as those of the functions."""

from __future__ import annotations

from constructs_lib.aws.api.gateway_responses import ProblemResponse

TYPE_PREFIX = "urn:problem-type:payments:"
SOON = {"Retry-After": "1"}  # seconds
BROKEN = ProblemResponse(
    status=500,
    code="internal_error",
    title="Internal error",
    detail="Repeat the request with the same key, or report its request id.",
)
NO_ROUTE = ProblemResponse(
    status=404, code="not_found", title="The resource does not exist", detail="There is no such route."
)
GATEWAY_RESPONSES = {
    "ACCESS_DENIED": ProblemResponse(
        status=403,
        code="forbidden",
        title="The credential does not allow this",
        detail="The key may not call this route.",
    ),
    "AUTHORIZER_FAILURE": BROKEN,
    "BAD_REQUEST_BODY": ProblemResponse(
        status=400,
        code="invalid_body",
        title="The body is not valid JSON",
        detail="The body must be a JSON object.",
    ),
    # Routes require no other parameter.
    "BAD_REQUEST_PARAMETERS": ProblemResponse(
        status=400,
        code="idempotency_key_missing",
        title="The Idempotency-Key is missing",
        detail="Send an Idempotency-Key with every POST.",
        param="Idempotency-Key",
    ),
    "DEFAULT_4XX": ProblemResponse(
        status=400,
        code="invalid_request",
        title="The request is not valid",
        detail="The request could not be read: check its path, its headers and its body.",
    ),
    "DEFAULT_5XX": BROKEN,
    # The authorizer, not the caller, sends the key of the usage plan.
    "INVALID_API_KEY": BROKEN,
    "INTEGRATION_TIMEOUT": ProblemResponse(
        status=504,
        code="timeout",
        title="No answer in time",
        detail="The outcome is not known yet: repeat the request with the same key.",
        more=SOON,
    ),
    # API Gateway reads the Authorization header of unknown paths as an AWS signature.
    "INVALID_SIGNATURE": NO_ROUTE,
    "MISSING_AUTHENTICATION_TOKEN": NO_ROUTE,
    "REQUEST_TOO_LARGE": ProblemResponse(
        status=413,
        code="request_too_large",
        title="The request is too large",
        detail="The body is larger than any request of this API.",
    ),
    "RESOURCE_NOT_FOUND": NO_ROUTE,
    "QUOTA_EXCEEDED": ProblemResponse(
        status=429,
        code="rate_limited",
        title="Too many requests",
        detail="Today's quota is used up. Nothing was done: repeat the request tomorrow with the same key.",
        more={"Retry-After": "3600"},
    ),
    "THROTTLED": ProblemResponse(
        status=429,
        code="rate_limited",
        title="Too many requests",
        detail="Nothing was done: repeat the request with the same key.",
        more=SOON,
    ),
    "UNAUTHORIZED": ProblemResponse(
        status=401,
        code="unauthorized",
        title="No valid credential",
        detail="Send a secret key that is in force: Authorization: Bearer sk_...",
        more={"WWW-Authenticate": "Bearer"},  # RFC 9110, section 15.5.2
    ),
    "UNSUPPORTED_MEDIA_TYPE": ProblemResponse(
        status=415,
        code="unsupported_media_type",
        title="The media type is not supported",
        detail="Send Content-Type: application/json.",
    ),
    "WAF_FILTERED": ProblemResponse(
        status=403,
        code="forbidden",
        title="The credential does not allow this",
        detail="The request was refused before it was read.",
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
