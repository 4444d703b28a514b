"""What API Gateway itself answers, as problem documents (RFC 9457) of the same kind as the functions' own."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One answer: HTTP status, our code, title; `retry_after` in seconds."""

    status: int
    code: str
    title: str
    param: str | None = None
    retry_after: int | None = None

    @property
    def body_template(self) -> str:
        """The body: API Gateway puts in its variables, and quotes `messageString` itself.

        Nothing that a caller sent is repeated: it may be a card number.
        """
        problem = {
            "type": f"urn:problem-type:payments:{self.code}",
            "title": self.title,
            "status": self.status,
            "instance": "urn:uuid:$context.requestId",
            "code": self.code,
            "request_id": "$context.requestId",
        }
        param = {"param": self.param} if self.param else {}
        return json.dumps({**problem, **param})[:-1] + ', "detail": $context.error.messageString}'

    @property
    def headers(self) -> dict[str, str]:
        """Response parameters of API Gateway: static values are in single quotes."""
        retry = {"Retry-After": f"'{self.retry_after}'"} if self.retry_after else {}
        headers = {"Content-Type": "'application/problem+json'", "X-Request-Id": "context.requestId", **retry}
        return {f"gatewayresponse.header.{name}": value for name, value in headers.items()}


BROKEN = Refusal(500, "internal_error", "Something broke on our side")
NO_ROUTE = Refusal(404, "not_found", "There is no such thing")
TOO_MANY = Refusal(429, "rate_limited", "Too many requests", retry_after=1)
UNCLEAR = Refusal(400, "invalid_request", "The request is not valid")
REFUSALS = {
    "ACCESS_DENIED": Refusal(403, "forbidden", "The credential does not allow this"),
    "AUTHORIZER_FAILURE": BROKEN,
    "BAD_REQUEST_BODY": Refusal(400, "invalid_body", "The body is not valid JSON"),
    # The only parameter that a route of ours requires.
    "BAD_REQUEST_PARAMETERS": Refusal(
        400, "idempotency_key_missing", "The Idempotency-Key is missing", param="Idempotency-Key"
    ),
    "DEFAULT_4XX": UNCLEAR,
    "DEFAULT_5XX": BROKEN,
    "INTEGRATION_TIMEOUT": Refusal(
        504, "unavailable", "No answer in time: repeat with the same Idempotency-Key", retry_after=1
    ),
    "MISSING_AUTHENTICATION_TOKEN": NO_ROUTE,
    "REQUEST_TOO_LARGE": Refusal(413, "request_too_large", "The request is too large"),
    "RESOURCE_NOT_FOUND": NO_ROUTE,
    "THROTTLED": TOO_MANY,
    "UNAUTHORIZED": Refusal(401, "unauthorized", "No valid credential"),
    "UNSUPPORTED_MEDIA_TYPE": Refusal(415, "unsupported_media_type", "Send application/json"),
    "WAF_FILTERED": Refusal(403, "forbidden", "The request was refused"),
}
