"""Sending of webhooks: once for each event and endpoint, in any order and however often messages repeat."""

import json
import random
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from event_handler.messages import EventHandler
from payments.changes import Event
from payments.formats import delivery_id, endpoint_id, event_and_endpoint, random_id
from payments.telemetry import Log
from payments.webhooks.delivery import JITTER, LEASE, MAX_ATTEMPTS, WAITS, DeliveryStatus, Response
from sweeper.sweep import Sweep
from tests.handlers.support import BODY, MemoryStore, Time, World, listed, post, proxy_event
from tests.handlers.test_event_handler import Bucket
from tests.handlers.webhooks.memory import MemoryWebhooks, Receivers
from tests.handlers.webhooks.sender import URL, LambdaContext, Sender, endpoint, event_messages


def envelope(event: Event) -> str:
    """Returns an event as EventBridge sends it to a queue."""
    return json.dumps({"source": "payments", "detail-type": event.type, "detail": asdict(event)})


def present() -> World:
    """Returns a world at the current time, because receivers refuse old timestamps."""
    return World(time=Time(datetime.now(UTC)))


def test_a_receiver_verifies_what_it_gets_with_the_published_library() -> None:
    world = present()
    secret = endpoint(world)["secret"]
    sender = Sender(world)
    assert sender.receive(event_messages(world)) == []
    types = []
    for received in sender.receivers.received:
        event = Webhook(secret).verify(received.body, dict(received.headers))
        assert world.send(listed("/v1/events"))["json"]["data"].count(event) == 1
        types.append(event["type"])
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(received.body + b" ", dict(received.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "A" * 43 + "=").verify(received.body, dict(received.headers))
    assert sorted(types) == ["payment.created", "payment.succeeded"]


def test_while_rotating_a_receiver_may_know_either_secret() -> None:
    world = present()
    made = endpoint(world)
    route, values = "/v1/webhook_endpoints/{id}/rotate", {"id": made["id"]}
    new = world.send(post("", route=route, path_values=values))["json"]["secret"]
    sender = Sender(world)
    sender.receive(event_messages(world))
    for received in sender.receivers.received:
        for secret in (made["secret"], new):
            Webhook(secret).verify(received.body, dict(received.headers))


def test_only_those_who_want_a_type_get_it_and_only_their_own() -> None:
    world = World()
    endpoint(world, "payment.succeeded", "payment.failed", url=URL + "/1", key="1")
    endpoint(world, "payment.refunded", url=URL + "/2", key="2")
    body = {"url": URL + "/3", "events": ["*"]}
    world.send(post(body, "3", route="/v1/webhook_endpoints", merchant="rival"))
    sender = Sender(world)
    sender.receive(event_messages(world))
    assert [(r.url, json.loads(r.body)["type"]) for r in sender.receivers.received] == [
        (URL + "/1", "payment.succeeded")
    ]


def test_ids_of_deliveries_follow_from_event_and_endpoint() -> None:
    event, made = "evt_" + random_id(28), endpoint_id(random_id, Time()())
    assert event_and_endpoint(delivery_id(event, made)) == (event, made)
    later = endpoint_id(random_id, datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC))
    assert made < later


@given(seed=st.randoms(use_true_random=False), fails=st.integers(0, 3))
def test_messages_that_come_twice_and_out_of_order_end_the_same(seed: random.Random, fails: int) -> None:
    """Tests that each event has one audit line, and each delivery one successful request and one id."""
    world, bucket = World(), Bucket()
    ids = [endpoint(world, url=f"{URL}/{n}", key=str(n))["id"] for n in range(2)]
    sender = Sender(world, Receivers({f"{URL}/1": [Response(500)] * fails}))
    payments = [world.create(BODY, str(number))["json"]["id"] for number in range(2)]
    world.do("refunds", payments[0], {"amount": 5})
    events = cast(MemoryStore, world.store).events_written
    messages = [envelope(event) for event in events] * 2
    seed.shuffle(messages)
    while messages:
        batch = [messages.pop() for _ in range(min(len(messages), seed.randint(1, 10)))]
        assert sender.receive(batch) == []
        audit = EventHandler(bucket.store, Log("ERROR"))
        records = [{"messageId": str(n), "body": body} for n, body in enumerate(batch)]
        assert audit({"Records": records}, None) == {"batchItemFailures": []}
    sender.sweep_to_the_end()
    assert sorted(bucket.objects) == sorted(f"events/date=2026-03-01/{event.id}.json" for event in events)
    expected = {delivery_id(event.id, one) for event in events for one in ids}
    store = cast(MemoryWebhooks, world.webhooks)
    assert {found.id for found in store.deliveries_by_id.values() if found.status == "succeeded"} == expected
    sent = [received.headers["webhook-id"] for received in sender.receivers.received]
    assert set(sent) == expected
    assert len(sent) == len(expected) + fails


def test_retries_wait_ever_longer_over_days_and_then_it_is_failed() -> None:
    world = World()
    endpoint(world, "payment.succeeded")
    sender = Sender(world, Receivers({URL: [Response(error="timeout")] * (MAX_ATTEMPTS + 1)}))
    times = []
    sender.receivers.happens = lambda: times.append(world.time())
    sender.receive(event_messages(world))
    [delivery] = cast(MemoryWebhooks, world.webhooks).deliveries_by_id
    while due := cast(MemoryWebhooks, world.webhooks).deliveries_by_id[delivery].due:
        world.time.forward(due - int(world.time().timestamp()))
        assert sender.sweep() == 1
    assert len(times) == MAX_ATTEMPTS
    assert [later - earlier for earlier, later in pairwise(times)] == list(WAITS)
    after = cast(MemoryWebhooks, world.webhooks).deliveries_by_id[delivery]
    assert (after.status, after.error, after.view()["next_attempt"]) == ("failed", "timeout", None)
    assert sender.sweep() == 0


def test_the_merchants_page_has_the_waits_of_the_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
    [row] = [line for line in page.splitlines() if line.startswith("| after another")]
    units = {"min": 60, "h": 3600}
    cells = [cell.split() for cell in row.strip("| ").split("|")[1:]]
    assert [int(number) * units[unit] for number, unit in cells] == [wait.total_seconds() for wait in WAITS]


@given(drawn=st.floats(0, 1), attempt=st.integers(1, MAX_ATTEMPTS - 1))
def test_a_wait_is_spread_around_its_time(drawn: float, attempt: int) -> None:
    world = World()
    endpoint(world, "payment.succeeded")
    Sender(world, Receivers({URL: [Response(500)]})).receive(event_messages(world))
    [delivery] = cast(MemoryWebhooks, world.webhooks).deliveries_by_id.values()
    after = replace(delivery, attempts=attempt).ended(
        Response(500), 1000, lambda least, most: least + (most - least) * drawn
    )
    wait = WAITS[attempt - 1].total_seconds()
    assert after.due is not None
    assert wait * (1 - JITTER) - 1 <= after.due - 1000 <= wait * (1 + JITTER) + 1


def test_an_attempt_that_died_is_made_again_when_its_lease_ends() -> None:
    world = World()
    endpoint(world, "payment.succeeded")

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    sender = Sender(world, Receivers(happens=die))
    messages = event_messages(world)
    sending = sender.handler.sending
    attempts = [attempt for body in messages for attempt in sender.handler.lease(body)]
    with pytest.raises(Killed):
        sending.send(attempts[0])
    sender.receivers.happens = lambda: None
    assert sender.receive(messages) == []
    assert sender.receivers.received == []  # its lease has not ended
    world.time.forward(LEASE.total_seconds())
    assert sender.sweep() == 1
    assert [r.headers["webhook-id"] for r in sender.receivers.received] == [attempts[0].delivery.id]


def test_an_outcome_that_cannot_be_written_is_told_and_tried_again() -> None:
    world = World()
    endpoint(world, "payment.succeeded")
    store = cast(MemoryWebhooks, world.webhooks)
    sender = Sender(world)
    sender.receivers.happens = lambda: setattr(store, "fails", True)
    assert sender.receive(event_messages(world)) == []
    assert json.loads(world.lines[-1])["message"] == "attempt not stored"
    assert "secret text" not in "".join(world.lines)
    store.fails, sender.receivers.happens = False, lambda: None
    world.time.forward(LEASE.total_seconds())
    sender.sweep()
    assert [delivery.status for delivery in store.deliveries_by_id.values()] == ["succeeded"]
    assert len({r.headers["webhook-id"] for r in sender.receivers.received}) == 1


def test_a_receiver_that_is_gone_is_disabled() -> None:
    world = World()
    made = endpoint(world, "payment.succeeded")
    sender = Sender(world, Receivers({URL: [Response(410)]}))
    sender.receive(event_messages(world))
    kept = world.webhooks.endpoint("acme", made["id"])
    assert kept is not None
    assert not kept.enabled
    [delivery] = cast(MemoryWebhooks, world.webhooks).deliveries_by_id.values()
    assert (delivery.status, delivery.response_status) == (DeliveryStatus.FAILED, 410)


def test_what_waits_for_an_endpoint_that_is_disabled_meanwhile_fails_without_being_sent() -> None:
    world = World()
    made = endpoint(world, "payment.succeeded")
    sender = Sender(world, Receivers({URL: [Response(500)]}))
    sender.receive(event_messages(world))
    world.send(proxy_event("DELETE", "/v1/webhook_endpoints/{id}", path_values={"id": made["id"]}))
    world.time.forward(300)
    sender.sweep()
    [delivery] = cast(MemoryWebhooks, world.webhooks).deliveries_by_id.values()
    assert (delivery.status, delivery.error) == ("failed", "endpoint_disabled")
    assert len(sender.receivers.received) == 1


def test_a_delivery_that_is_not_due_yet_is_left_alone() -> None:
    world = World()
    endpoint(world, "payment.succeeded")
    sender = Sender(world, Receivers({URL: [Response(500)]}))
    sender.receive(event_messages(world))
    [delivery] = cast(MemoryWebhooks, world.webhooks).deliveries_by_id
    assert sender.receive([json.dumps({"delivery": delivery})]) == []
    assert len(sender.receivers.received) == 1


def test_an_event_reaches_an_endpoint_that_stands_behind_many_disabled_ones() -> None:
    world = World()
    endpoint(world, "payment.succeeded")
    for number in range(100):
        world.time.forward(1)
        made = endpoint(world, key=str(number))["id"]
        world.send(proxy_event("DELETE", "/v1/webhook_endpoints/{id}", path_values={"id": made}))
    sender = Sender(world)
    sender.receive(event_messages(world))
    assert [json.loads(received.body)["type"] for received in sender.receivers.received] == [
        "payment.succeeded"
    ]


def test_of_two_who_take_the_same_due_delivery_one_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    endpoint(world, "payment.succeeded")
    sender = Sender(world, Receivers({URL: [Response(500)]}))
    sender.receive(event_messages(world))
    world.time.forward(300)
    store = cast(MemoryWebhooks, world.webhooks)
    [delivery] = store.deliveries_by_id
    stale = store.delivery(delivery)
    sender.sweep()
    monkeypatch.setattr(store, "delivery", lambda _: stale)
    assert sender.receive([json.dumps({"delivery": delivery})]) == []
    assert len(sender.receivers.received) == 2


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "{}",
        '{"delivery": "wd_1"}',
        '{"delivery": ["wd_1"]}',
        json.dumps({"delivery": "wd_" + "a" * 52}),
        json.dumps({"detail": {}}),
        envelope(
            Event(
                id="evt_" + "a" * 28,
                type="payment.created",
                merchant="acme",
                payment="pay_" + "a" * 24,
                sequence=1,
                created="2026-03-01T12:00:00.123Z",
                data="{}",
            )
        ),
    ],
)
def test_a_message_that_asks_for_nothing_that_is_fails_alone(body: str) -> None:
    world = World()
    endpoint(world)
    sender = Sender(world)
    good = event_messages(world)
    assert sender.receive([good[0], body, good[1]]) == [body]
    assert len(sender.receivers.received) == 2
    assert any(json.loads(line)["message"] == "poison message" for line in world.lines)


def test_a_table_that_cannot_be_read_fails_the_message_for_which_it_could_not() -> None:
    world = World()
    endpoint(world)
    messages = event_messages(world)
    cast(MemoryWebhooks, world.webhooks).fails = True
    sender = Sender(world)
    assert sender.receive(messages) == messages
    assert json.loads(world.lines[-1])["message"] == "message not handled"


def test_webhooks_that_cannot_be_queued_keep_no_payment_from_being_settled() -> None:
    def broken(now: int, limit: int) -> list[str]:
        raise ConnectionError("secret text")

    lines: list[str] = []
    sweep = Sweep(
        due_payments=lambda now, limit: ["pay_a"],
        settle=lambda payment: None,
        due_deliveries=broken,
        queue=len,
        clock=Time(),
        log=Log(write=lines.append),
    )
    assert sweep({}, LambdaContext()) == {"due": 1, "settled": 0, "failed": 0, "queued": 0}
    assert json.loads(lines[0])["message"] == "webhooks not queued"
    assert "secret" not in lines[0]


def test_every_attempt_counts_by_where_the_delivery_stands_after_it() -> None:
    world = World()
    endpoint(world)
    sender = Sender(world)
    messages = event_messages(world)
    world.measured.clear()
    sender.receivers.answers[URL] = [Response(500)]
    sender.receive(messages)
    sender.sweep_to_the_end()
    counted = [json.loads(line) for line in world.measured]
    assert sorted(line["Outcome"] for line in counted) == ["pending", "succeeded", "succeeded"]
    assert {line["WebhookAttempts"] for line in counted} == {1}
