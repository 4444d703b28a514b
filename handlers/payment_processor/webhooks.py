"""Routes of webhook endpoints and deliveries."""

from payment_processor.application import Services
from payment_processor.lists import page_of
from payment_processor.messages import Reply, Request
from payments.api.pagination import parse_query, parse_status
from payments.api.validation import check
from payments.webhooks.delivery import DeliveryStatus
from payments.webhooks.validation import parse_new_endpoint, parse_overlap


def create_endpoint(services: Services, request: Request) -> Reply:
    """Answers POST /v1/webhook_endpoints."""
    idempotent, body = request.idempotent()
    wanted = parse_new_endpoint(body, loopback=services.loopback)
    return Reply.completed(services.webhooks.create(idempotent, wanted))


def list_endpoints(services: Services, request: Request) -> Reply:
    """Answers GET /v1/webhook_endpoints."""
    query = parse_query(request.query)
    store = services.webhooks.store
    return page_of(services, request, query, lambda window: store.endpoints(request.merchant, window))


def disable_endpoint(services: Services, request: Request) -> Reply:
    """Answers DELETE /v1/webhook_endpoints/{id}; a repetition is harmless, so it needs no Idempotency-Key."""
    return Reply.of(services.webhooks.disable(request.merchant, request.path_values["id"]).view())


def rotate_secret(services: Services, request: Request) -> Reply:
    """Answers POST /v1/webhook_endpoints/{id}/rotate."""
    idempotent, body = request.idempotent(optional_body=True)
    overlap = parse_overlap(body)
    return Reply.completed(services.webhooks.rotate(idempotent, request.path_values["id"], overlap))


def list_deliveries(services: Services, request: Request) -> Reply:
    """Answers GET /v1/webhook_deliveries."""
    query = parse_query(request.query, "status")
    status = parse_status(query.get("status"), DeliveryStatus)
    store = services.webhooks.store
    return page_of(
        services, request, query, lambda window: store.deliveries(request.merchant, status, window)
    )


def redeliver(services: Services, request: Request) -> Reply:
    """Answers POST /v1/webhook_deliveries/{id}/redeliver."""
    idempotent, body = request.idempotent(optional_body=True)
    check(body, {})
    return Reply.completed(services.webhooks.redeliver(idempotent, request.path_values["id"]))
