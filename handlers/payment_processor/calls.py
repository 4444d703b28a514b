"""A POST as a call that is done once, and its outcome as an answer."""

from collections.abc import Mapping
from typing import Any

from payment_processor.messages import Reply, Request
from payments import idempotency, requests
from payments.attempts import Call, Completed


def read_call(request: Request, *, optional_body: bool = False) -> tuple[Call, Mapping[str, Any]]:
    """What makes it the same request when it is repeated, and its body."""
    key = idempotency.parse_key(request.headers.get("idempotency-key", []))
    body = requests.read_object(request.body, optional=optional_body)
    call = Call(
        merchant=request.merchant,
        digest=idempotency.digest(request.method, request.route, key),
        fingerprint=idempotency.fingerprint(request.path_values, body),
        request_id=request.request_id,
    )
    return call, body


def replied(completed: Completed) -> Reply:
    """The answer, which says whether it is a stored one."""
    return Reply(
        status=completed.answer.status,
        body=completed.answer.body,
        headers={"Idempotent-Replayed": "true"} if completed.replayed else {},
        payment=completed.payment,
    )
