"""The routes of lists."""

from collections.abc import Callable, Mapping
from typing import Protocol

from payment_processor.messages import Reply, Request
from payment_processor.services import Services
from payments import json_text, queries
from payments.listing import Page, Window


class Shown(Protocol):
    """Something that the API shows."""

    def view(self) -> dict[str, object]: ...


def list_payments(services: Services, request: Request) -> Reply:
    """GET /v1/payments."""
    query = queries.values(request.query, "status")
    status = queries.status(query.get("status"))
    return page_of(
        services, request, query, lambda window: services.lists.payments(request.merchant, status, window)
    )


def list_refunds(services: Services, request: Request) -> Reply:
    """GET /v1/payments/{id}/refunds."""
    query = queries.values(request.query)
    payment = services.own_payment(request)
    return page_of(services, request, query, lambda window: services.lists.refunds(payment.id, window))


def list_events(services: Services, request: Request) -> Reply:
    """GET /v1/events."""
    query = queries.values(request.query, "payment")
    payment = queries.payment(query.get("payment"))
    return page_of(
        services, request, query, lambda window: services.lists.events(request.merchant, payment, window)
    )


def page_of(
    services: Services,
    request: Request,
    query: Mapping[str, str],
    read: Callable[[Window], Page[Shown]],
) -> Reply:
    """A cursor is good for this merchant, this path and these filters; the limit may change on the way."""
    filters = [f"{name}={query[name]}" for name in sorted(query) if name not in ("limit", "cursor")]
    scope = [request.merchant, request.route, *request.path_values.values(), *filters]
    limit = queries.limit(query.get("limit"))
    after = services.cursors.read(scope, query["cursor"]) if "cursor" in query else None
    page = read(Window(limit, after))
    body = {
        "data": [item.view() for item in page.items],
        "has_more": page.last is not None,
        "next_cursor": services.cursors.write(scope, page.last) if page.last else None,
    }
    return Reply(status=200, body=json_text.write(body))
