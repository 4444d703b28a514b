"""The routes as data, and what each does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payment_processor.messages import Reply, Request
from payments import idempotency, json_text, requests
from payments.creation import Creation, Creator
from payments.ids import PAYMENT_ID
from payments.problems import Problem
from payments.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes call; `cap` is the largest amount in minor units."""

    create: Creator
    store: Store
    cap: int


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a route, and the scope that its caller needs; None: no credential at all."""

    answer: Callable[[Services, Request], Reply]
    scope: str | None


def create_payment(services: Services, request: Request) -> Reply:
    """POST /v1/payments."""
    key = idempotency.parse_key(request.headers.get("idempotency-key", []))
    body = requests.read_object(request.body)
    created = services.create(
        Creation(
            merchant=request.merchant,
            digest=idempotency.digest(request.method, request.route, key),
            fingerprint=idempotency.fingerprint(request.path_values, body),
            request_id=request.request_id,
            wanted=requests.new_payment(body, services.cap),
        )
    )
    return Reply(
        status=created.answer.status,
        body=created.answer.body,
        headers={"Idempotent-Replayed": "true"} if created.replayed else {},
        payment=created.payment,
    )


def get_payment(services: Services, request: Request) -> Reply:
    """GET /v1/payments/{id}: another merchant's payment is as unknown as one that never was."""
    payment_id = request.path_values["id"]
    payment = services.store.payment(payment_id) if PAYMENT_ID.fullmatch(payment_id) else None
    if payment is None or payment.merchant != request.merchant:
        raise Problem("not_found", "There is no payment with this id.", param="id")
    return Reply(status=200, body=json_text.write(payment.view()), payment=payment.id)


def health(services: Services, request: Request) -> Reply:
    """GET /v1/health: the function runs; it asks nobody else, so that it cannot be used to load them."""
    return Reply(status=200, body=json_text.write({"status": "ok"}))


ROUTES: Mapping[tuple[str, str], Route] = {
    ("POST", "/v1/payments"): Route(create_payment, "payments:write"),
    ("GET", "/v1/payments/{id}"): Route(get_payment, "payments:read"),
    ("GET", "/v1/health"): Route(health, None),
}
