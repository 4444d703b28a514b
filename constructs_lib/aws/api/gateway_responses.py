"""What API Gateway itself answers, as problem documents (RFC 9457) of the same kind as the functions' own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One answer: HTTP status, our code, title and detail, the parameter that is wrong, further headers."""

    status: int
    code: str
    title: str
    detail: str
    param: str | None = None
    more: dict[str, str] = field(default_factory=dict)

    @property
    def body_template(self) -> str:
        """The body: API Gateway puts in its variables.

        Its own messages are left out: some repeat what a caller sent, which may be a card number or a key.
        """
        problem = {
            "type": f"urn:problem-type:payments:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": "urn:uuid:$context.requestId",
            "code": self.code,
            "request_id": "$context.requestId",
        }
        return json.dumps(problem | ({"param": self.param} if self.param else {}))

    @property
    def headers(self) -> dict[str, str]:
        """Response parameters of API Gateway: static values are in single quotes."""
        fixed = {"Content-Type": "application/problem+json", "Cache-Control": "no-store", **self.more}
        headers = {name: f"'{value}'" for name, value in fixed.items()} | {
            "X-Request-Id": "context.requestId"
        }
        return {f"gatewayresponse.header.{name}": value for name, value in headers.items()}


SOON = {"Retry-After": "1"}  # seconds
BROKEN = Refusal(
    status=500,
    code="internal_error",
    title="Something broke on our side",
    detail="Repeat the request with the same key, or quote its id to us.",
)
NO_ROUTE = Refusal(
    status=404, code="not_found", title="There is no such thing", detail="There is no such route."
)
REFUSALS = {
    "ACCESS_DENIED": Refusal(
        status=403,
        code="forbidden",
        title="The credential does not allow this",
        detail="The key may not call this route.",
    ),
    "AUTHORIZER_FAILURE": BROKEN,
    "BAD_REQUEST_BODY": Refusal(
        status=400,
        code="invalid_body",
        title="The body is not valid JSON",
        detail="The body must be a JSON object.",
    ),
    # The only parameter that a route of ours requires.
    "BAD_REQUEST_PARAMETERS": Refusal(
        status=400,
        code="idempotency_key_missing",
        title="The Idempotency-Key is missing",
        detail="Send an Idempotency-Key with every POST.",
        param="Idempotency-Key",
    ),
    "DEFAULT_4XX": Refusal(
        status=400,
        code="invalid_request",
        title="The request is not valid",
        detail="The request could not be read: check its path, its headers and its body.",
    ),
    "DEFAULT_5XX": BROKEN,
    # The authorizer, not the caller, names the key of the usage plan.
    "INVALID_API_KEY": BROKEN,
    "INTEGRATION_TIMEOUT": Refusal(
        status=504,
        code="timeout",
        title="No answer in time",
        detail="The outcome is not known yet: repeat the request with the same key.",
        more=SOON,
    ),
    # A path that is no route is taken for one of AWS's own, and a bearer key for a signature of theirs.
    "INVALID_SIGNATURE": NO_ROUTE,
    "MISSING_AUTHENTICATION_TOKEN": NO_ROUTE,
    "REQUEST_TOO_LARGE": Refusal(
        status=413,
        code="request_too_large",
        title="The request is too large",
        detail="The body is larger than any request of this API.",
    ),
    "RESOURCE_NOT_FOUND": NO_ROUTE,
    "QUOTA_EXCEEDED": Refusal(
        status=429,
        code="rate_limited",
        title="Too many requests",
        detail="Today's quota is used up. Nothing was done: repeat the request tomorrow with the same key.",
        more={"Retry-After": "3600"},
    ),
    "THROTTLED": Refusal(
        status=429,
        code="rate_limited",
        title="Too many requests",
        detail="Nothing was done: repeat the request with the same key.",
        more=SOON,
    ),
    "UNAUTHORIZED": Refusal(
        status=401,
        code="unauthorized",
        title="No valid credential",
        detail="Send a secret key that is in force: Authorization: Bearer sk_...",
        more={"WWW-Authenticate": "Bearer"},  # RFC 9110, section 15.5.2
    ),
    "UNSUPPORTED_MEDIA_TYPE": Refusal(
        status=415,
        code="unsupported_media_type",
        title="The media type is not supported",
        detail="Send Content-Type: application/json.",
    ),
    "WAF_FILTERED": Refusal(
        status=403,
        code="forbidden",
        title="The credential does not allow this",
        detail="The request was refused before it was read.",
    ),
}
