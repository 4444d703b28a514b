"""API Gateway's proxy events (payload 1.0 of REST APIs) in, its proxy answers out."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from payments import json_text
from payments.card_data import has_card_number, texts
from payments.problems import Problem

LONGEST_BODY = 32 * 1024  # UTF-8 bytes; keeps every copy of it under EventBridge's and SQS's 256 KB

_CHALLENGES: Mapping[int, Mapping[str, str]] = {401: {"WWW-Authenticate": "Bearer"}}  # RFC 6750


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; header names are in lower case, `route` is the template: `/v1/payments/{id}`."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer; `payment` is for the log."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    payment: str = ""
    code: str = ""


def read(event: Mapping[str, Any]) -> Request:
    """The request of an event; its id is API Gateway's: one id for access log, our log and the caller."""
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


def refuse(request: Request) -> None:
    """Raises Problem when the body is too long, or a card number is anywhere but in the credential.

    The answer names the place and does not repeat the number.
    """
    if len(request.body.encode(errors="surrogatepass")) > LONGEST_BODY:
        raise Problem("invalid_body", f"The body must be at most {LONGEST_BODY} bytes long.")
    for place, found in _places(request):
        if any(map(has_card_number, found)):
            raise Problem(
                "card_number",
                "Something in here looks like a card number: send a token of the payment method instead.",
                param=place,
            )


def problem_reply(problem: Problem, identity: str) -> Reply:
    """The answer that a problem makes."""
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
    return Reply(
        status=problem.status,
        body=json_text.write(problem.document(identity)),
        headers={**headers, **_CHALLENGES.get(problem.status, {})},
        code=problem.code,
    )


def write(reply: Reply, identity: str) -> dict[str, Any]:
    """The answer as API Gateway takes it."""
    return {
        "statusCode": reply.status,
        "headers": {
            "Content-Type": "application/json" if reply.status < 400 else "application/problem+json",
            "Cache-Control": "no-store",
            "X-Request-Id": identity,
            **reply.headers,
        },
        "body": reply.body,
        "isBase64Encoded": False,
    }


def _body(event: Mapping[str, Any]) -> str:
    """Bytes that are no UTF-8 become lone surrogates, which no JSON reader of ours accepts."""
    body = event.get("body") or ""
    return base64.b64decode(body).decode(errors="surrogateescape") if event.get("isBase64Encoded") else body


def _places(request: Request) -> Iterator[tuple[str, Iterator[str]]]:
    headers = {name: values for name, values in request.headers.items() if name != "authorization"}
    yield "path", texts([request.path, request.path_values])
    yield "query", texts(request.query)
    yield "headers", texts(headers)
    # As it came, for what a JSON reader drops or refuses, and as it is read, for what is escaped.
    yield "body", iter([request.body])
    try:
        yield "body", texts(json_text.read(request.body))
    except json_text.Malformed:
        return
