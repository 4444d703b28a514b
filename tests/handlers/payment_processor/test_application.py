"""The application's answers; `World.send` validates each of them by the OpenAPI document."""

import json
from base64 import b64encode
from typing import Any

import pytest

from payments.payment import Payment
from payments.ports import Unavailable
from tests.handlers.support import BODY, CARD, MemoryStore, World, get, post, proxy_event

PLACES = {
    "headers": [
        post(BODY, CARD),
        post(BODY, headers={"X-Note": f"paid with {CARD}"}),
        post(BODY, headers={CARD: "x"}),
        post(BODY, headers={"X-Note": ["clean", "4242 4242 4242 4242"]}),
        proxy_event("GET", "/v1/health", merchant=None, headers={"X-Note": CARD}),
    ],
    "query": [
        proxy_event("GET", "/v1/health", merchant=None, query={"card": [CARD]}),
        proxy_event("GET", "/v1/health", merchant=None, query={CARD: ["x"]}),
        post(BODY, query={"a": ["x", "4242-4242-4242-4242"]}),
    ],
    "path": [get(CARD), get(f"pay_{CARD}")],
    "body": [
        post(BODY | {"payment_method": CARD}),
        post(BODY | {"payment_method": f"pm_{CARD}"}),
        post(BODY | {"amount": int(CARD)}),
        post(BODY | {"metadata": {"note": "4242 4242 4242 4242"}}),
        post(BODY | {"metadata": {CARD: "x"}}),
        post(BODY | {"unknown": [{"deep": CARD}]}),
        post(json.dumps(BODY).replace("A-1", CARD.replace("4", "\\u0034"))),
        post(f'{{"note": "{CARD}", "note": ""}}'),
        post(f"not json {CARD}"),
        post(b64encode(json.dumps({"a": CARD}).encode()).decode(), base64=True),
        proxy_event("GET", "/v1/health", merchant=None, body=CARD),
    ],
}


@pytest.mark.parametrize(
    ("place", "event"), [(place, event) for place, events in PLACES.items() for event in events]
)
def test_a_card_number_anywhere_is_refused_and_left_nowhere(place: str, event: dict[str, Any]) -> None:
    world = World()
    answer = world.send(event)
    assert (answer["statusCode"], answer["json"]["code"]) == (400, "card_number")
    assert answer["json"]["param"] == place
    assert isinstance(world.store, MemoryStore)
    assert world.store.calls == 0
    for digits in (CARD, "4242"):
        assert digits not in json.dumps(answer) + "".join(world.lines)


def test_the_credential_is_not_taken_for_a_card_number() -> None:
    assert World().create(headers={"Authorization": f"Bearer {CARD}"})["statusCode"] == 201


def test_headers_that_gateways_and_browsers_send_are_not_taken_for_one() -> None:
    headers = {
        "X-Amzn-Trace-Id": "Root=1-67891233-4242424242424242deadbeef",
        "X-Forwarded-For": "203.0.113.195, 198.51.100.178",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.6099.109",
    }
    assert World().create(headers=headers)["statusCode"] == 201


@pytest.mark.parametrize(
    ("event", "status", "code", "param"),
    [
        (post(BODY, None), 400, "idempotency_key_missing", "Idempotency-Key"),
        (post(BODY, "x" * 256), 400, "idempotency_key_invalid", "Idempotency-Key"),
        (post("{"), 400, "invalid_body", None),
        (post([]), 400, "invalid_body", None),
        (post(BODY | {"metadata": {"a": "x" * 40_000}}), 400, "invalid_body", None),
        (post(b64encode(b'{"a": "\xff"}').decode(), base64=True), 400, "invalid_body", None),
        (post({**BODY, "amount": 1.5}), 400, "invalid_request", "amount"),
        (post(BODY, merchant=None), 401, "unauthorized", None),
        (post(BODY, scopes="payments:read"), 403, "forbidden", None),
        (get("pay_" + "q" * 24, scopes="payments:write"), 403, "forbidden", None),
        (get("pay_" + "q" * 24), 404, "not_found", "id"),
        (get("something else"), 404, "not_found", "id"),
    ],
)
def test_a_wrong_request_gets_its_problem(
    event: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    world = World()
    answer = world.send(event)
    assert (answer["statusCode"], answer["json"]["code"]) == (status, code)
    assert answer["json"].get("param") == param
    assert isinstance(world.store, MemoryStore)
    assert world.store.payments_by_id == {}


def test_a_route_that_does_not_exist_is_not_found() -> None:
    answer = World().application(proxy_event("DELETE", "/v1/payments"), None)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "not_found")


def test_another_merchants_payment_is_as_unknown_as_one_that_never_was() -> None:
    world = World()
    mine = world.create()["json"]["id"]
    theirs, nobodys = world.get(mine, merchant="globex"), world.get("pay_" + "q" * 24, merchant="globex")
    assert world.get(mine)["statusCode"] == 200
    for answer in (theirs, nobodys):
        answer["json"] |= {"request_id": "", "instance": ""}
    assert (theirs["statusCode"], theirs["json"]) == (nobodys["statusCode"], nobodys["json"])


def test_health_needs_no_credential_and_touches_nothing() -> None:
    world = World()
    answer = world.send(proxy_event("GET", "/v1/health", merchant=None))
    assert (answer["statusCode"], answer["json"]) == (200, {"status": "ok"})
    assert isinstance(world.store, MemoryStore)
    assert world.store.calls == 0


def test_a_body_in_base64_is_the_same_request() -> None:
    world = World()
    plain = world.create()
    encoded = world.send(post(b64encode(json.dumps(BODY).encode()).decode(), base64=True))
    assert encoded["body"] == plain["body"]


class Failing(MemoryStore):
    """Raises one error on every call."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def payment(self, payment_id: str) -> Payment | None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (Unavailable("secret text"), 503, "unavailable", "1"),
        (ValueError("secret text"), 500, "internal_error", None),
    ],
)
def test_a_failure_of_ours_says_nothing_of_its_inside(
    error: Exception, status: int, code: str, retry_after: str | None
) -> None:
    world = World(store=Failing(error))
    answer = world.get("pay_" + "q" * 24)
    assert (answer["statusCode"], answer["json"]["code"]) == (status, code)
    assert answer["headers"].get("Retry-After") == retry_after
    failure, _ = map(json.loads, world.lines)
    assert failure["error"] == type(error).__name__
    assert failure["request_id"] == answer["headers"]["X-Request-Id"]
    assert any("test_application.py" in frame for frame in failure["at"])
    assert "secret" not in answer["body"] + "".join(world.lines)


def test_every_answer_names_its_request_in_header_body_and_log() -> None:
    world = World()
    for event in (post(BODY), post("{"), proxy_event("GET", "/v1/health", merchant=None)):
        answer = world.send(event)
        identity = event["requestContext"]["requestId"]
        assert answer["headers"]["X-Request-Id"] == identity
        assert answer["json"].get("request_id", identity) == identity
        assert json.loads(world.lines[-1])["request_id"] == identity


def test_the_log_line_of_a_create_has_names_and_numbers_only() -> None:
    world = World()
    answer = world.create(BODY, "my-key", headers={"Authorization": "Bearer sk_dev_secret"})
    line = json.loads(world.lines.pop())
    assert world.lines == []
    assert 0 <= line.pop("milliseconds") < 10_000
    assert line == {
        "timestamp": "2026-03-01T12:00:00.123Z",
        "level": "INFO",
        "message": "answered",
        "request_id": answer["headers"]["X-Request-Id"],
        "merchant": "acme",
        "payment": answer["json"]["id"],
        "route": "POST /v1/payments",
        "status": 201,
        "replayed": False,
    }


def test_no_answer_may_be_cached_on_the_way() -> None:
    assert World().create()["headers"]["Cache-Control"] == "no-store"
