"""Lists through the whole application, over the table and over the store in memory."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from payments.adapters.index import Index
from payments.adapters.table import Table
from tests.handlers.support import BODY, World, listed, proxy_event


@pytest.fixture(params=["memory", pytest.param("table", marks=pytest.mark.integration)])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        return World()
    dynamodb, name = request.getfixturevalue("dynamodb"), request.getfixturevalue("table_name")
    return World(store=Table(dynamodb, name), index=Index(dynamodb, name))


def create(world: World, key: str, **more: Any) -> str:
    """Returns the id of a new payment, created a second after the last one."""
    world.time.forward(1)
    body = world.create(BODY | more.pop("body", {}), key, **more)["json"]
    return str(body.get("id") or body["payment"])


def pages(world: World, route: str, **query: Any) -> Iterator[list[str]]:
    """Yields the ids of each page."""
    while True:
        body = world.send(listed(route, **query))["json"]
        yield [item["id"] for item in body["data"]]
        assert body["has_more"] == (body["next_cursor"] is not None)
        if not body["has_more"]:
            return
        query["cursor"] = body["next_cursor"]


def test_payments_are_listed_newest_first_a_page_at_a_time_each_once(world: World) -> None:
    made = [create(world, str(number)) for number in range(7)]
    create(world, "foreign", merchant="globex")
    assert list(pages(world, "/v1/payments", limit=3)) == [made[:3:-1], made[3:0:-1], made[:1]]
    assert list(pages(world, "/v1/payments", limit=7)) == [made[::-1]]
    assert list(pages(world, "/v1/payments")) == [made[::-1]]


def test_payments_of_the_same_millisecond_are_all_listed(world: World) -> None:
    made = {world.create(BODY, str(number))["json"]["id"] for number in range(9)}
    found = [payment for page in pages(world, "/v1/payments", limit=2) for payment in page]
    assert set(found) == made
    assert len(found) == 9


def test_what_is_made_meanwhile_moves_no_page(world: World) -> None:
    made = [create(world, str(number)) for number in range(4)]
    page = pages(world, "/v1/payments", limit=2)
    assert next(page) == made[:1:-1]
    create(world, "later")
    assert next(page) == made[1::-1]


def test_a_listed_payment_is_as_a_get_shows_it(world: World) -> None:
    payment = create(world, "one")
    (item,) = world.send(listed("/v1/payments"))["json"]["data"]
    assert item == world.get(payment)["json"]


def test_payments_of_one_status_follow_it(world: World) -> None:
    methods = ["pm_approved", "pm_declined", "pm_approved", "pm_timeout_after"]
    made = [create(world, str(n), body={"payment_method": method}) for n, method in enumerate(methods)]
    authorized = create(world, "held", body={"capture_method": "manual"})
    expected = {"succeeded": [made[2], made[0]], "failed": [made[1]], "processing": [made[3]], "canceled": []}
    for status, ids in expected.items():
        assert list(pages(world, "/v1/payments", status=status, limit=5)) == [ids]
    assert list(pages(world, "/v1/payments", status="succeeded", limit=1)) == [[made[2]], [made[0]]]
    world.do("cancel", authorized)
    assert list(pages(world, "/v1/payments", status="canceled")) == [[authorized]]
    assert list(pages(world, "/v1/payments", status="requires_capture")) == [[]]


def test_refunds_are_listed_per_payment(world: World) -> None:
    payment, other = create(world, "one"), create(world, "two")
    made = [world.do("refunds", payment, {"amount": 5}, str(n))["json"]["id"] for n in range(5)]
    route, values = "/v1/payments/{id}/refunds", {"id": payment}
    assert list(pages(world, route, path_values=values, limit=2)) == [made[:2:-1], made[2:0:-1], made[:1]]
    assert list(pages(world, route, path_values={"id": other})) == [[]]
    first = world.send(listed(route, path_values=values, limit=1))["json"]
    cursor = first["next_cursor"]
    answer = world.send(listed(route, path_values={"id": other}, cursor=cursor))
    assert (answer["statusCode"], answer["json"]["param"]) == (400, "cursor")
    assert world.send(listed(route, path_values=values, merchant="globex"))["statusCode"] == 404


def test_events_are_listed_of_the_merchant_or_of_one_payment(world: World) -> None:
    one, two = create(world, "one"), create(world, "two", body={"payment_method": "pm_declined"})
    create(world, "foreign", merchant="globex")
    events = world.send(listed("/v1/events"))["json"]["data"]
    assert {event["payment"] for event in events} == {one, two}
    assert [event["type"] for event in events if event["payment"] == two] == [
        "payment.failed",
        "payment.created",
    ]
    ids = [event["id"] for event in events if event["payment"] == one]
    assert list(pages(world, "/v1/events", payment=one, limit=1)) == [[ids[0]], [ids[1]]]
    assert list(pages(world, "/v1/events", payment=one, merchant="globex")) == [[]]
    assert list(pages(world, "/v1/events", payment="pay_" + "q" * 24)) == [[]]


def test_an_event_is_as_the_list_shows_it_and_unknown_to_others(world: World) -> None:
    create(world, "one")
    newest = world.send(listed("/v1/events", limit=1))["json"]["data"][0]
    route, values = "/v1/events/{id}", {"id": newest["id"]}
    assert world.send(proxy_event("GET", route, path_values=values))["json"] == newest
    assert newest["data"]["status"] == "succeeded"
    for unknown, merchant in ((newest["id"], "globex"), ("evt_" + "q" * 28, "acme"), ("x", "acme")):
        event = proxy_event("GET", route, path_values={"id": unknown}, merchant=merchant)
        assert world.send(event)["statusCode"] == 404


@pytest.mark.parametrize(
    ("route", "query", "param"),
    [
        ("/v1/payments", {"limit": ["0"]}, "limit"),
        ("/v1/payments", {"limit": ["101"]}, "limit"),
        ("/v1/payments", {"limit": ["-1"]}, "limit"),
        ("/v1/payments", {"limit": ["٣"]}, "limit"),
        ("/v1/payments", {"limit": ["1.0"]}, "limit"),
        ("/v1/payments", {"limit": ["1", "2"]}, "limit"),
        ("/v1/payments", {"status": ["paid"]}, "status"),
        ("/v1/payments", {"colour": ["red"]}, "colour"),
        ("/v1/payments", {"payment": ["pay_" + "q" * 24]}, "payment"),
        ("/v1/payments", {"cursor": ["abc"]}, "cursor"),
        ("/v1/payments", {"cursor": [""]}, "cursor"),
        ("/v1/events", {"payment": ["x"]}, "payment"),
        ("/v1/events", {"status": ["failed"]}, "status"),
    ],
)
def test_a_wrong_query_is_named(route: str, query: dict[str, list[str]], param: str) -> None:
    answer = World().send(proxy_event("GET", route, query=query))
    assert (answer["statusCode"], answer["json"]["param"]) == (400, param)


def test_lists_need_the_scope_and_a_cursor_is_of_its_merchant() -> None:
    world = World()
    for number in range(2):
        create(world, str(number))
    cursor = world.send(listed("/v1/payments", limit=1))["json"]["next_cursor"]
    assert world.send(listed("/v1/payments", cursor=cursor, limit=50))["statusCode"] == 200
    assert world.send(listed("/v1/payments", cursor=cursor, merchant="globex"))["statusCode"] == 400
    assert world.send(listed("/v1/payments", cursor=cursor, status="succeeded"))["statusCode"] == 400
    refused = world.send(proxy_event("GET", "/v1/payments", scopes="payments:write"))
    assert refused["statusCode"] == 403


@pytest.mark.integration
def test_what_is_due_is_found_in_its_order(dynamodb: Any, table_name: str) -> None:
    index = Index(dynamodb, table_name)
    world = World(store=Table(dynamodb, table_name), index=index)
    create(world, "done")
    now = int(world.time().timestamp())
    doubtful = [create(world, str(n), body={"payment_method": "pm_timeout_after"}) for n in range(5)]
    authorized = create(world, "held", body={"capture_method": "manual"})
    assert index.due(now, 10) == []
    assert index.due(now + 70, 10) == doubtful
    assert index.due(now + 70, 2) == doubtful[:2]
    assert index.due(now + 8 * 24 * 3600, 10) == [*doubtful, authorized]


@pytest.mark.integration
def test_a_payment_whose_status_has_just_changed_is_left_out(dynamodb: Any, table_name: str) -> None:
    store = Table(dynamodb, table_name)
    world = World(store=store, index=Index(Stale(dynamodb), table_name))
    payment = create(world, "held", body={"capture_method": "manual"})
    assert list(pages(world, "/v1/payments", status="requires_capture")) == [[payment]]
    world.do("capture", payment)
    assert list(pages(world, "/v1/payments", status="requires_capture")) == [[]]


class Stale:
    """Repeats the first answer of each query."""

    def __init__(self, behind: Any) -> None:
        self.behind = behind
        self.first_answers: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)

    def query(self, **arguments: Any) -> Any:
        query = json.dumps(arguments, sort_keys=True)
        self.first_answers.setdefault(query, self.behind.query(**arguments))
        return self.first_answers[query]
