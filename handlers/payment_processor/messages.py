"""Proxy events of API Gateway (payload 1.0 of REST APIs) as requests, and replies in its proxy format."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from payments.api import idempotency
from payments.api.idempotency import Completed, IdempotentRequest
from payments.api.validation import has_card_number, read_object, texts
from payments.formats import MalformedJson, from_json, to_json
from payments.problems import Owned, Problem, read_own

MAX_BODY_BYTES = 32 * 1024  # UTF-8 bytes; every copy of it stays below the 256 KB of EventBridge and SQS

_CHALLENGES: Mapping[int, Mapping[str, str]] = {401: {"WWW-Authenticate": "Bearer"}}  # RFC 6750


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Represents a request; header names are in lower case, `route` is the template `/v1/payments/{id}`."""

    request_id: str
    method: str
    route: str
    path: str
    path_values: Mapping[str, str]
    query: Mapping[str, list[str]]
    headers: Mapping[str, list[str]]
    body: str
    merchant: str
    scopes: frozenset[str]

    def idempotent(self, *, optional_body: bool = False) -> tuple[IdempotentRequest, Mapping[str, Any]]:
        """Returns the identity of a POST and its body. Raises Problem."""
        key = idempotency.parse_key(self.headers.get("idempotency-key", []))
        body = read_object(self.body, optional=optional_body)
        request = IdempotentRequest(
            merchant=self.merchant,
            digest=idempotency.digest(self.method, self.route, key),
            fingerprint=idempotency.fingerprint(self.path_values, body),
            request_id=self.request_id,
        )
        return request, body

    def own[R: Owned](self, kind: str, pattern: re.Pattern[str], read: Callable[[str], R | None]) -> R:
        """Returns the merchant's resource of the path. Raises Problem."""
        return read_own(kind, pattern, read, self.path_values["id"], self.merchant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Represents a reply; `payment` and `code` are for the log."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    payment: str = ""
    code: str = ""

    @classmethod
    def of(cls, view: Mapping[str, object], payment: str = "") -> Self:
        """Returns a 200 with a resource as its body."""
        return cls(status=200, body=to_json(view), payment=payment)

    @classmethod
    def completed(cls, completed: Completed) -> Self:
        """Returns the reply to a POST, with `Idempotent-Replayed` if its answer was stored before."""
        return cls(
            status=completed.answer.status,
            body=completed.answer.body,
            headers={"Idempotent-Replayed": "true"} if completed.replayed else {},
            payment=completed.payment,
        )

    def document(self, request_id: str) -> dict[str, Any]:
        """Returns the reply in API Gateway's proxy format."""
        return {
            "statusCode": self.status,
            "headers": {
                "Content-Type": "application/json" if self.status < 400 else "application/problem+json",
                "Cache-Control": "no-store",
                "X-Request-Id": request_id,
                **self.headers,
            },
            "body": self.body,
            "isBase64Encoded": False,
        }


def read_event(event: Mapping[str, Any]) -> Request:
    """Returns the request of an event; logs and reply have the request id of API Gateway."""
    caller = event["requestContext"].get("authorizer") or {}
    return Request(
        request_id=event["requestContext"]["requestId"],
        method=event["httpMethod"],
        route=event["resource"],
        path=event["path"],
        path_values=event.get("pathParameters") or {},
        query=event.get("multiValueQueryStringParameters") or {},
        headers={name.lower(): values for name, values in (event.get("multiValueHeaders") or {}).items()},
        body=_body(event),
        merchant=caller.get("merchant", ""),
        scopes=frozenset(caller.get("scopes", "").split()),
    )


def refuse_card_numbers(request: Request) -> None:
    """Raises Problem for a body that is too long, or a card number anywhere except in the credential.

    The problem names the part of the request and does not repeat the number.
    """
    if len(request.body.encode(errors="surrogatepass")) > MAX_BODY_BYTES:
        raise Problem("invalid_body", f"The body must be at most {MAX_BODY_BYTES} bytes long.")
    for part, found in _parts(request):
        if any(map(has_card_number, found)):
            raise Problem(
                "card_number",
                f"The {part} may contain a card number: send a token of the payment method instead.",
                param=part,
            )


def problem_reply(problem: Problem, request_id: str) -> Reply:
    """Returns the reply of a problem."""
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
    return Reply(
        status=problem.status,
        body=to_json(problem.document(request_id)),
        headers={**headers, **_CHALLENGES.get(problem.status, {})},
        code=problem.code,
    )


def _body(event: Mapping[str, Any]) -> str:
    """Decodes the body; bytes that are no UTF-8 become lone surrogates, which from_json refuses."""
    body = event.get("body") or ""
    return base64.b64decode(body).decode(errors="surrogateescape") if event.get("isBase64Encoded") else body


def _parts(request: Request) -> Iterator[tuple[str, Iterator[str]]]:
    headers = {name: values for name, values in request.headers.items() if name != "authorization"}
    yield "path", texts([request.path, request.path_values])
    yield "query", texts(request.query)
    yield "headers", texts(headers)
    # The raw text contains what a JSON parser drops or refuses; the parsed one has its escapes resolved.
    yield "body", iter([request.body])
    try:
        yield "body", texts(from_json(request.body))
    except MalformedJson:
        return
