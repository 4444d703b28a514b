"""The routes as data, and what each does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payment_processor.calls import read_call, replied
from payment_processor.lists import list_events, list_payments, list_refunds
from payment_processor.messages import Reply, Request
from payment_processor.services import Services
from payment_processor.webhooks import (
    create_endpoint,
    disable_endpoint,
    list_deliveries,
    list_endpoints,
    redeliver,
    rotate_secret,
)
from payments import json_text, requests
from payments.creation import Creator
from payments.follow_up import FollowUps
from payments.ids import EVENT_ID, REFUND_ID
from payments.intents import Intent
from payments.problems import Problem


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a route, and the scope that its caller needs; None: no credential at all."""

    answer: Callable[[Services, Request], Reply]
    scope: str | None


def create_payment(services: Services, request: Request) -> Reply:
    """POST /v1/payments."""
    call, body = read_call(request)
    return replied(Creator(services.attempts)(call, requests.new_payment(body, services.cap)))


def capture_payment(services: Services, request: Request) -> Reply:
    """POST /v1/payments/{id}/capture."""
    return _follow_up(services, request, requests.capture)


def cancel_payment(services: Services, request: Request) -> Reply:
    """POST /v1/payments/{id}/cancel."""
    return _follow_up(services, request, requests.cancel)


def create_refund(services: Services, request: Request) -> Reply:
    """POST /v1/payments/{id}/refunds."""
    return _follow_up(services, request, requests.give_back)


def get_refund(services: Services, request: Request) -> Reply:
    """GET /v1/refunds/{id}."""
    refund_id = request.path_values["id"]
    refund = services.store.refund(refund_id) if REFUND_ID.fullmatch(refund_id) else None
    if refund is None or refund.merchant != request.merchant:
        raise Problem("not_found", "There is no refund with this id.", param="id")
    return Reply(status=200, body=json_text.write(refund.view()), payment=refund.payment)


def get_event(services: Services, request: Request) -> Reply:
    """GET /v1/events/{id}."""
    event_id = request.path_values["id"]
    event = services.lists.event(event_id) if EVENT_ID.fullmatch(event_id) else None
    if event is None or event.merchant != request.merchant:
        raise Problem("not_found", "There is no event with this id.", param="id")
    return Reply(status=200, body=json_text.write(event.view()), payment=event.payment)


def get_payment(services: Services, request: Request) -> Reply:
    """GET /v1/payments/{id}."""
    payment = services.own_payment(request)
    return Reply(status=200, body=json_text.write(payment.view()), payment=payment.id)


def health(services: Services, request: Request) -> Reply:
    """GET /v1/health: the function runs; it asks nobody else, so that it cannot be used to load them."""
    return Reply(status=200, body=json_text.write({"status": "ok"}))


def _follow_up(services: Services, request: Request, read: Callable[[Mapping[str, Any]], Intent]) -> Reply:
    call, body = read_call(request, optional_body=True)
    intent = read(body)
    return replied(FollowUps(services.attempts)(call, services.own_payment(request), intent))


ROUTES: Mapping[tuple[str, str], Route] = {
    ("POST", "/v1/payments"): Route(create_payment, "payments:write"),
    ("GET", "/v1/payments"): Route(list_payments, "payments:read"),
    ("GET", "/v1/payments/{id}"): Route(get_payment, "payments:read"),
    ("POST", "/v1/payments/{id}/capture"): Route(capture_payment, "payments:write"),
    ("POST", "/v1/payments/{id}/cancel"): Route(cancel_payment, "payments:write"),
    ("POST", "/v1/payments/{id}/refunds"): Route(create_refund, "payments:write"),
    ("GET", "/v1/payments/{id}/refunds"): Route(list_refunds, "payments:read"),
    ("GET", "/v1/refunds/{id}"): Route(get_refund, "payments:read"),
    ("GET", "/v1/events"): Route(list_events, "payments:read"),
    ("GET", "/v1/events/{id}"): Route(get_event, "payments:read"),
    ("POST", "/v1/webhook_endpoints"): Route(create_endpoint, "payments:write"),
    ("GET", "/v1/webhook_endpoints"): Route(list_endpoints, "payments:read"),
    ("DELETE", "/v1/webhook_endpoints/{id}"): Route(disable_endpoint, "payments:write"),
    ("POST", "/v1/webhook_endpoints/{id}/rotate"): Route(rotate_secret, "payments:write"),
    ("GET", "/v1/webhook_deliveries"): Route(list_deliveries, "payments:read"),
    ("POST", "/v1/webhook_deliveries/{id}/redeliver"): Route(redeliver, "payments:write"),
    ("GET", "/v1/health"): Route(health, None),
}
