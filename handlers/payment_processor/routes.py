"""Routes of the API: the functions of payments, refunds and events, and the table of all routes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from payment_processor.application import Route, Services
from payment_processor.lists import list_events, list_payments, list_refunds
from payment_processor.messages import Reply, Request
from payment_processor.webhooks import (
    create_endpoint,
    disable_endpoint,
    list_deliveries,
    list_endpoints,
    redeliver,
    rotate_secret,
)
from payments import executor
from payments.api.validation import parse_cancel, parse_capture, parse_new_payment, parse_refund
from payments.apply_operation import apply_operation
from payments.formats import EVENT_ID, REFUND_ID
from payments.operation_rules import RequestedOperation


def create_payment(services: Services, request: Request) -> Reply:
    """Answers POST /v1/payments."""
    idempotent, body = request.idempotent()
    wanted = parse_new_payment(body, services.cap)
    return Reply.completed(executor.create_payment(services.executor, idempotent, wanted))


def get_refund(services: Services, request: Request) -> Reply:
    """Answers GET /v1/refunds/{id}."""
    refund = request.own("refund", REFUND_ID, services.store.refund)
    return Reply.of(refund.view(), refund.payment)


def get_event(services: Services, request: Request) -> Reply:
    """Answers GET /v1/events/{id}."""
    event = request.own("event", EVENT_ID, services.lists.event)
    return Reply.of(event.view(), event.payment)


def get_payment(services: Services, request: Request) -> Reply:
    """Answers GET /v1/payments/{id}."""
    payment = services.own_payment(request)
    return Reply.of(payment.view(), payment.id)


def health(services: Services, request: Request) -> Reply:
    """Answers GET /v1/health without a call of another service, so that it cannot be used to load them."""
    return Reply.of({"status": "ok"})


def _operation(
    parse: Callable[[Mapping[str, Any]], RequestedOperation], services: Services, request: Request
) -> Reply:
    """Answers POST /v1/payments/{id}/capture, cancel and refunds."""
    idempotent, body = request.idempotent(optional_body=True)
    requested = parse(body)
    payment = services.own_payment(request)
    return Reply.completed(apply_operation(services.executor, idempotent, payment, requested))


ROUTES: Mapping[tuple[str, str], Route] = {
    ("POST", "/v1/payments"): Route(create_payment, "payments:write"),
    ("GET", "/v1/payments"): Route(list_payments, "payments:read"),
    ("GET", "/v1/payments/{id}"): Route(get_payment, "payments:read"),
    ("POST", "/v1/payments/{id}/capture"): Route(partial(_operation, parse_capture), "payments:write"),
    ("POST", "/v1/payments/{id}/cancel"): Route(partial(_operation, parse_cancel), "payments:write"),
    ("POST", "/v1/payments/{id}/refunds"): Route(partial(_operation, parse_refund), "payments:write"),
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
