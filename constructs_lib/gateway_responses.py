"""What API Gateway itself answers, as problem documents (RFC 9457)."""

from __future__ import annotations

import json

# Response type of API Gateway: HTTP status, our code, title.
GATEWAY_RESPONSES = {
    "BAD_REQUEST_BODY": ("400", "invalid_request", "The request body is not valid"),
    "BAD_REQUEST_PARAMETERS": ("400", "invalid_request", "A required parameter is missing"),
    "UNAUTHORIZED": ("401", "unauthorized", "No valid credential"),
    "ACCESS_DENIED": ("403", "forbidden", "Not allowed"),
    "MISSING_AUTHENTICATION_TOKEN": ("404", "not_found", "No such route"),
    "RESOURCE_NOT_FOUND": ("404", "not_found", "No such route"),
    "REQUEST_TOO_LARGE": ("413", "request_too_large", "The request is too large"),
    "UNSUPPORTED_MEDIA_TYPE": ("415", "unsupported_media_type", "Send application/json"),
    "THROTTLED": ("429", "rate_limited", "Too many requests"),
    "QUOTA_EXCEEDED": ("429", "quota_exceeded", "The quota is used up"),
    "AUTHORIZER_FAILURE": ("500", "internal_error", "Something went wrong on our side"),
    "DEFAULT_4XX": ("400", "invalid_request", "The request cannot be processed"),
    "INTEGRATION_TIMEOUT": ("504", "timeout", "No answer in time: repeat with the same Idempotency-Key"),
    "DEFAULT_5XX": ("500", "internal_error", "Something went wrong on our side"),
}


def body_template(status: str, code: str, title: str) -> str:
    """A body template of API Gateway's: it replaces variables, and quotes `messageString` by itself."""
    problem = {
        "type": "about:blank",
        "title": title,
        "status": int(status),
        "code": code,
        "instance": "$context.path",
        "request_id": "$context.requestId",
    }
    return json.dumps(problem)[:-1] + ', "detail": $context.error.messageString}'
