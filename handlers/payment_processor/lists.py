"""Routes of lists."""

from collections.abc import Callable, Mapping
from typing import Protocol

from payment_processor.application import Services
from payment_processor.messages import Reply, Request
from payments.api.pagination import parse_limit, parse_query, parse_status
from payments.formats import PAYMENT_ID
from payments.payment import Status
from payments.ports import Page, Window
from payments.problems import invalid_param


class Resource(Protocol):
    """Represents a resource of the API."""

    def view(self) -> dict[str, object]: ...


def list_payments(services: Services, request: Request) -> Reply:
    """Answers GET /v1/payments."""
    query = parse_query(request.query, "status")
    status = parse_status(query.get("status"), Status)
    return page_of(
        services, request, query, lambda window: services.lists.payments(request.merchant, status, window)
    )


def list_refunds(services: Services, request: Request) -> Reply:
    """Answers GET /v1/payments/{id}/refunds."""
    query = parse_query(request.query)
    payment = services.own_payment(request)
    return page_of(services, request, query, lambda window: services.lists.refunds(payment.id, window))


def list_events(services: Services, request: Request) -> Reply:
    """Answers GET /v1/events."""
    query = parse_query(request.query, "payment")
    payment = query.get("payment")
    if payment is not None and not PAYMENT_ID.fullmatch(payment):
        raise invalid_param("payment", "must be the id of a payment")
    return page_of(
        services, request, query, lambda window: services.lists.events(request.merchant, payment, window)
    )


def page_of(
    services: Services, request: Request, query: Mapping[str, str], read: Callable[[Window], Page[Resource]]
) -> Reply:
    """Returns a page; its cursor is valid for this merchant, path and filter, with any limit."""
    filters = [f"{name}={query[name]}" for name in sorted(query) if name not in ("limit", "cursor")]
    scope = [request.merchant, request.route, *request.path_values.values(), *filters]
    limit = parse_limit(query.get("limit"))
    after = services.cursors.read(scope, query["cursor"]) if "cursor" in query else None
    page = read(Window(limit, after))
    return Reply.of(
        {
            "data": [item.view() for item in page.items],
            "has_more": page.last is not None,
            "next_cursor": services.cursors.write(scope, page.last) if page.last else None,
        }
    )
