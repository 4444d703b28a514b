"""The routes of webhooks."""

from payment_processor.calls import read_call, replied
from payment_processor.lists import page_of
from payment_processor.messages import Reply, Request
from payment_processor.services import Services
from payments import json_text, queries
from payments.webhooks import requests


def create_endpoint(services: Services, request: Request) -> Reply:
    """POST /v1/webhook_endpoints."""
    call, body = read_call(request)
    wanted = requests.new_endpoint(body, loopback=services.loopback)
    return replied(services.webhooks.create(call, wanted))


def list_endpoints(services: Services, request: Request) -> Reply:
    """GET /v1/webhook_endpoints."""
    query = queries.values(request.query)
    kept = services.webhooks.webhooks
    return page_of(services, request, query, lambda window: kept.endpoints(request.merchant, window))


def disable_endpoint(services: Services, request: Request) -> Reply:
    """DELETE /v1/webhook_endpoints/{id}: it can be repeated, and so needs no Idempotency-Key."""
    endpoint = services.webhooks.disable(request.merchant, request.path_values["id"])
    return Reply(status=200, body=json_text.write(endpoint.view()))


def rotate_secret(services: Services, request: Request) -> Reply:
    """POST /v1/webhook_endpoints/{id}/rotate."""
    call, body = read_call(request, optional_body=True)
    overlap = requests.overlap(body)
    return replied(services.webhooks.rotate(call, request.path_values["id"], overlap))


def list_deliveries(services: Services, request: Request) -> Reply:
    """GET /v1/webhook_deliveries."""
    query = queries.values(request.query, "status")
    status = requests.delivery_status(query.get("status"))
    kept = services.webhooks.webhooks
    return page_of(services, request, query, lambda window: kept.deliveries(request.merchant, status, window))


def redeliver(services: Services, request: Request) -> Reply:
    """POST /v1/webhook_deliveries/{id}/redeliver."""
    call, body = read_call(request, optional_body=True)
    requests.nothing(body)
    return replied(services.webhooks.redeliver(call, request.path_values["id"]))
