"""Endpoints and deliveries through the API, over the table and in memory."""

import json
from typing import Any

import pytest

from payments.adapters.index import Index
from payments.adapters.table import Table
from payments.adapters.webhook_table import WebhookTable
from payments.changes import EVENT_TYPES
from payments.webhooks.delivery import MAX_ATTEMPTS, Delivery, Response
from payments.webhooks.destination import Refused
from payments.webhooks.endpoint import EVERY_EVENT
from payments.webhooks.management import MAX_ENDPOINTS
from tests.handlers.document import document
from tests.handlers.support import BODY, CARD, World, listed, post, proxy_event
from tests.handlers.webhooks.sender import Sender, event_messages

URL = "https://hooks.example.com/payments"
ENDPOINTS = "/v1/webhook_endpoints"


@pytest.fixture(params=["memory", pytest.param("table", marks=pytest.mark.integration)])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        return World()
    dynamodb, name = request.getfixturevalue("dynamodb"), request.getfixturevalue("table_name")
    return World(
        store=Table(dynamodb, name), index=Index(dynamodb, name), webhook_store=WebhookTable(dynamodb, name)
    )


def create(world: World, key: str = "key", *, merchant: str = "acme", **body: Any) -> dict[str, Any]:
    """Creates an endpoint a second after the last one and returns the answer."""
    world.time.forward(1)
    return world.send(post({"url": URL, "events": ["*"]} | body, key, route=ENDPOINTS, merchant=merchant))


def rotate(world: World, endpoint: str, body: Any = None, key: str = "key", **more: Any) -> dict[str, Any]:
    route, values = ENDPOINTS + "/{id}/rotate", {"id": endpoint}
    return world.send(post("" if body is None else body, key, route=route, path_values=values, **more))


def disable(world: World, endpoint: str, **more: Any) -> dict[str, Any]:
    return world.send(proxy_event("DELETE", ENDPOINTS + "/{id}", path_values={"id": endpoint}, **more))


def redeliver(world: World, delivery: str, key: str = "key", **more: Any) -> dict[str, Any]:
    route, values = "/v1/webhook_deliveries/{id}/redeliver", {"id": delivery}
    return world.send(post("", key, route=route, path_values=values, **more))


def deliveries(world: World, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.send(listed("/v1/webhook_deliveries", **query))["json"]["data"]
    return found


def test_the_types_of_events_are_those_of_the_document() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["Event"]["properties"]["type"]["enum"] == list(EVENT_TYPES)
    for name in ("NewWebhookEndpoint", "WebhookEndpoint", "WebhookEndpointWithSecret"):
        assert schemas[name]["properties"]["events"]["items"]["enum"] == [EVERY_EVENT, *EVENT_TYPES]
    assert schemas["WebhookDelivery"]["properties"]["attempts"]["maximum"] == MAX_ATTEMPTS


def test_the_secret_is_in_the_answer_that_made_it_and_in_no_other(world: World) -> None:
    created = create(world)
    assert (created["statusCode"], created["json"]["status"]) == (201, "enabled")
    secret = created["json"]["secret"]
    assert create(world)["body"] == created["body"]
    assert create(world)["headers"]["Idempotent-Replayed"] == "true"
    shown = world.send(listed(ENDPOINTS))
    assert [endpoint["id"] for endpoint in shown["json"]["data"]] == [created["json"]["id"]]
    assert secret not in shown["body"]
    assert secret not in disable(world, created["json"]["id"])["body"]
    assert secret not in "".join(world.lines)


def test_the_same_key_with_another_url_is_another_request(world: World) -> None:
    create(world)
    assert create(world, url=URL + "/other")["statusCode"] == 422
    assert len(world.send(listed(ENDPOINTS))["json"]["data"]) == 1


def test_two_twins_at_once_make_one_endpoint() -> None:
    world = World()
    first: list[dict[str, Any]] = []

    def check(url: str) -> None:
        world.check = lambda url: None
        first.append(create(world))

    world.check = check
    assert create(world)["body"] == first[0]["body"]
    assert len(world.send(listed(ENDPOINTS))["json"]["data"]) == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"url": "http://hooks.example.com"}, "url"),
        ({"url": 7}, "url"),
        ({"events": []}, "events"),
        ({"events": "*"}, "events"),
        ({"events": ["payment.exploded"]}, "events"),
        ({"events": [["*"]]}, "events"),
        ({"events": ["*", "*"]}, "events"),
        ({"colour": "red"}, "colour"),
        ({"url": f"{URL}?card={CARD}"}, "body"),
    ],
)
def test_a_wrong_field_is_named(body: dict[str, Any], param: str) -> None:
    answer = create(World(), **body)
    assert (answer["statusCode"], answer["json"]["param"]) == (400, param)


def test_an_endpoint_that_leads_into_a_private_network_is_refused_and_may_be_tried_again() -> None:
    def check(url: str) -> None:
        raise Refused("leads to an address that is not public")

    world = World(check=check)
    answer = create(world)
    assert (answer["statusCode"], answer["json"]["param"]) == (400, "url")
    assert "not public" in answer["json"]["detail"]
    world.check = lambda url: None
    assert create(world)["statusCode"] == 201
    world.check = check
    assert create(world)["statusCode"] == 201  # a finished request stays finished


def test_endpoints_are_listed_newest_first_a_page_at_a_time(world: World) -> None:
    made = [create(world, str(number))["json"]["id"] for number in range(3)]
    create(world, merchant="rival")
    first = world.send(listed(ENDPOINTS, limit=2))["json"]
    second = world.send(listed(ENDPOINTS, limit=2, cursor=first["next_cursor"]))["json"]
    assert [e["id"] for e in first["data"] + second["data"]] == made[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_a_merchant_has_so_many_endpoints_and_room_again_when_one_is_disabled() -> None:
    world = World()
    for number in range(MAX_ENDPOINTS):
        assert create(world, str(number))["statusCode"] == 201
    refused = create(world, "more")
    assert (refused["statusCode"], refused["json"]["code"]) == (409, "webhook_state")
    disable(world, world.send(listed(ENDPOINTS))["json"]["data"][0]["id"])
    assert create(world, "more")["statusCode"] == 201


def test_a_disabled_endpoint_stays_disabled(world: World) -> None:
    endpoint = create(world)["json"]["id"]
    first = disable(world, endpoint)
    assert (first["statusCode"], first["json"]["status"]) == (200, "disabled")
    assert disable(world, endpoint)["body"] == first["body"]
    assert rotate(world, endpoint)["json"]["code"] == "webhook_state"


def test_disabling_wins_over_a_rotation_that_was_quicker() -> None:
    world = World()
    endpoint = create(world)["json"]["id"]
    webhook_store, put = world.webhooks, world.webhooks.put

    def interrupted(changed: Any) -> bool:
        world.webhook_store.put = put
        assert rotate(world, endpoint)["statusCode"] == 200
        return bool(put(changed))

    world.webhook_store.put = interrupted
    assert disable(world, endpoint)["json"]["status"] == "disabled"
    stored = webhook_store.endpoint("acme", endpoint)
    assert stored is not None
    assert stored.secrets == ()


def test_a_rotation_that_was_overtaken_is_asked_to_come_again() -> None:
    world = World()
    endpoint = create(world)["json"]["id"]
    put_once = world.webhooks.put_once

    def interrupted(*arguments: Any) -> Any:
        world.webhook_store.put_once = put_once
        assert rotate(world, endpoint, key="other")["statusCode"] == 200
        return put_once(*arguments)

    world.webhook_store.put_once = interrupted
    assert rotate(world, endpoint)["statusCode"] == 503
    assert rotate(world, endpoint)["statusCode"] == 200


def test_while_rotating_both_secrets_sign_and_then_the_new_one_alone(world: World) -> None:
    endpoint = create(world)["json"]
    rotated = rotate(world, endpoint["id"], {"overlap_seconds": 60})["json"]
    assert rotated["secret"] != endpoint["secret"]
    assert rotated["previous_secrets_until"] == "2026-03-01T12:01:01.000Z"
    assert rotate(world, endpoint["id"], {"overlap_seconds": 60})["json"] == rotated
    stored = world.webhooks.endpoint("acme", endpoint["id"])
    assert stored is not None
    now = int(world.time().timestamp())
    assert stored.secrets_in_force(now) == [rotated["secret"], endpoint["secret"]]
    assert stored.secrets_in_force(now + 60) == [rotated["secret"]]


def test_a_leaked_secret_ends_at_once() -> None:
    world = World()
    endpoint = create(world)["json"]
    rotated = rotate(world, endpoint["id"], {"overlap_seconds": 0})["json"]
    stored = world.webhooks.endpoint("acme", endpoint["id"])
    assert stored is not None
    assert stored.secrets_in_force(0) == [rotated["secret"]]
    assert rotated["previous_secrets_until"] is None


def test_a_later_rotation_never_prolongs_a_secret_and_so_many_are_in_force_at_most() -> None:
    world = World()
    endpoint = create(world)["json"]["id"]
    rotate(world, endpoint, {"overlap_seconds": 60}, "0")
    for number in range(1, 4):
        assert rotate(world, endpoint, None, str(number))["statusCode"] == 200
    stored = world.webhooks.endpoint("acme", endpoint)
    assert stored is not None
    now = int(world.time().timestamp())
    assert [secret.expires for secret in stored.secrets][-1] == now + 60
    assert rotate(world, endpoint, None, "one too many")["json"]["code"] == "webhook_state"
    world.time.forward(60)
    assert rotate(world, endpoint, None, "one too many")["statusCode"] == 200


@pytest.mark.parametrize("seconds", [-1, 604_801, True, "60", 1.5, None])
def test_an_overlap_is_a_number_of_seconds_within_a_week(seconds: Any) -> None:
    world = World()
    answer = rotate(world, create(world)["json"]["id"], {"overlap_seconds": seconds})
    assert (answer["statusCode"], answer["json"]["param"]) == (400, "overlap_seconds")


def test_what_belongs_to_another_merchant_is_not_there(world: World) -> None:
    endpoint = create(world)["json"]["id"]
    Sender(world).receive(event_messages(world))
    delivery = deliveries(world)[0]["id"]
    for answer in (
        rotate(world, endpoint, merchant="rival"),
        disable(world, endpoint, merchant="rival"),
        redeliver(world, delivery, merchant="rival"),
        redeliver(world, "wd_1"),
        disable(world, "we_1"),
        redeliver(world, "wd_" + "a" * 52),
    ):
        assert (answer["statusCode"], answer["json"]["code"]) == (404, "not_found")
    assert deliveries(world, merchant="rival") == []
    assert deliveries(world)


def failed(world: World) -> Delivery:
    """Returns a delivery after its last attempt."""
    create(world, events=["payment.succeeded"])
    sender = Sender(world)
    sender.receivers.answers[URL] = [Response(503)] * MAX_ATTEMPTS
    sender.receive(event_messages(world))
    sender.sweep_to_the_end()
    delivery = world.webhooks.delivery(deliveries(world)[0]["id"])
    assert delivery is not None
    return delivery


def test_a_failed_delivery_is_seen_and_sent_again_with_the_same_id(world: World) -> None:
    delivery = failed(world)
    assert [found["id"] for found in deliveries(world, status="failed")] == [delivery.id]
    assert deliveries(world, status="succeeded") == []
    again = redeliver(world, delivery.id)
    assert (again["statusCode"], again["json"]["status"]) == (202, "pending")
    assert redeliver(world, delivery.id)["body"] == again["body"]
    assert redeliver(world, delivery.id, "other key")["json"]["code"] == "webhook_state"
    sender = Sender(world)
    sender.sweep()
    assert [received.headers["webhook-id"] for received in sender.receivers.received] == [delivery.id]
    assert [found["status"] for found in deliveries(world)] == ["succeeded"]


def test_nothing_is_sent_again_to_an_endpoint_that_is_disabled() -> None:
    world = World()
    delivery = failed(world)
    disable(world, delivery.endpoint)
    assert redeliver(world, delivery.id)["json"]["code"] == "webhook_state"


def test_a_redelivery_says_nothing_else() -> None:
    world = World()
    delivery = failed(world)
    route = "/v1/webhook_deliveries/{id}/redeliver"
    answer = world.send(post({"url": URL}, route=route, path_values={"id": delivery.id}))
    assert (answer["statusCode"], answer["json"]["param"]) == (400, "url")


def test_deliveries_are_listed_newest_first_a_page_at_a_time(world: World) -> None:
    create(world)
    for number in range(3):
        world.time.forward(1)
        world.create(BODY, str(number))
        Sender(world).receive(event_messages(world))
    first = world.send(listed("/v1/webhook_deliveries", limit=4))["json"]
    rest = world.send(listed("/v1/webhook_deliveries", limit=4, cursor=first["next_cursor"]))["json"]
    found = first["data"] + rest["data"]
    assert len({delivery["id"] for delivery in found}) == len(found) == 6
    assert [d["created"] for d in found] == sorted((d["created"] for d in found), reverse=True)


def test_a_status_that_is_none_is_refused() -> None:
    answer = World().send(listed("/v1/webhook_deliveries", status="lost"))
    assert (answer["statusCode"], answer["json"]["param"]) == (400, "status")


def test_no_secret_is_ever_logged() -> None:
    world = World()
    endpoint = create(world)["json"]
    rotated = rotate(world, endpoint["id"])["json"]
    Sender(world).receive(event_messages(world))
    text = "".join(world.lines)
    assert json.loads(world.lines[-1])["message"] == "webhook sent"
    assert endpoint["secret"] not in text
    assert rotated["secret"] not in text
