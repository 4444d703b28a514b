"""Creating payments through the whole application, over the store in memory."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.api.idempotency import RETENTION_SECONDS
from payments.payment import Outcome
from payments.ports import Busy, Order
from tests.handlers.support import BODY, LEASE, MemoryStore, RecordingGateway, World


@dataclass
class CallingGateway(RecordingGateway):
    """Calls `during` while it makes its first charge."""

    during: Callable[[], None] = lambda: None

    def charge(self, order: Order) -> Outcome | Busy:
        outcome = super().charge(order)
        if len(self.orders) == 1:
            self.during()
        return outcome


def state(world: World) -> tuple[int, int, int, int]:
    """Returns the numbers of payments, events, ledger entries and finished records."""
    assert isinstance(world.store, MemoryStore)
    return (
        len(world.store.payments_by_id),
        len(world.store.events_written),
        sum(len(change.entries) for change in world.store.changes),
        sum(record.answer is not None for record in world.store.records.values()),
    )


@pytest.mark.parametrize(
    ("method", "capture", "status", "payment_status"),
    [
        ("pm_approved", "automatic", 201, "succeeded"),
        ("pm_approved", "manual", 201, "requires_capture"),
        ("pm_requires_action", "automatic", 201, "requires_action"),
        ("pm_timeout_before", "automatic", 201, "processing"),
        ("pm_timeout_after", "automatic", 201, "processing"),
        ("pm_declined", "automatic", 402, "failed"),
        ("pm_insufficient_funds", "manual", 402, "failed"),
        ("pm_expired", "automatic", 402, "failed"),
        ("pm_never_heard_of", "automatic", 402, "failed"),
        ("tok_never_heard_of", "automatic", 402, "failed"),
    ],
)
def test_a_create_ends_as_its_token_says_and_is_kept(
    method: str, capture: str, status: int, payment_status: str
) -> None:
    world = World()
    answer = world.create(BODY | {"payment_method": method, "capture_method": capture})
    assert answer["statusCode"] == status
    kept = world.get(answer["json"].get("id") or answer["json"]["payment"])["json"]
    assert kept["status"] == payment_status
    assert status == 402 or kept == answer["json"]


def test_a_declined_payment_tells_why_and_keeps_the_reason() -> None:
    world = World()
    problem = world.create(BODY | {"payment_method": "pm_insufficient_funds"})["json"]
    assert (problem["code"], problem["decline_code"]) == ("payment_declined", "insufficient_funds")
    assert world.get(problem["payment"])["json"]["last_error"] == {
        "code": "payment_declined",
        "decline_code": "insufficient_funds",
        "message": "The card has insufficient funds.",
    }


@pytest.mark.parametrize("method", ["pm_approved", "pm_declined", "pm_timeout_after"])
def test_a_repetition_gets_the_same_bytes_and_charges_nothing(method: str) -> None:
    world = World()
    body = BODY | {"payment_method": method}
    first = world.create(body, "key")
    before = state(world)
    for spelling in ("key", '"key"', " key "):
        again = world.create(dict(reversed(body.items())), spelling)
        assert (again["statusCode"], again["body"]) == (first["statusCode"], first["body"])
        assert again["headers"]["Idempotent-Replayed"] == "true"
        assert again["headers"]["X-Request-Id"] != first["headers"]["X-Request-Id"]
    assert "Idempotent-Replayed" not in first["headers"]
    assert state(world) == before
    assert isinstance(world.gateway, RecordingGateway)
    assert len(world.gateway.orders) == 1


def test_a_create_takes_two_round_trips_and_a_repetition_one() -> None:
    world = World()
    assert isinstance(world.store, MemoryStore)
    world.create()
    assert world.store.calls == 2
    world.create()
    assert world.store.calls == 3


def test_another_request_with_the_same_key_is_refused_whatever_became_of_the_first() -> None:
    world = World()
    world.create(BODY)
    answer = world.create(BODY | {"amount": 1251})
    assert (answer["statusCode"], answer["json"]["code"]) == (422, "idempotency_key_reused")
    assert state(world)[0] == 1


def test_keys_are_apart_by_merchant_and_by_name() -> None:
    world = World()
    ids = {
        world.create(BODY, key, merchant=merchant)["json"]["id"]
        for key in ("one", "two")
        for merchant in ("acme", "globex")
    }
    assert len(ids) == 4


def test_a_key_is_kept_for_24_hours_to_the_second() -> None:
    world = World()
    first = world.create()["json"]["id"]
    world.time.forward(RETENTION_SECONDS - 1)
    assert world.create()["json"]["id"] == first
    world.time.forward(1)
    answer = world.create()
    assert answer["json"]["id"] != first
    assert "Idempotent-Replayed" not in answer["headers"]


def test_a_busy_gateway_is_not_an_answer_so_the_next_try_runs_the_same_payment() -> None:
    world = World()
    body = BODY | {"payment_method": "pm_rate_limited"}
    answers = [world.create(body) for _ in range(3)]
    assert {answer["statusCode"] for answer in answers} == {429}
    assert {answer["headers"]["Retry-After"] for answer in answers} == {"1"}
    assert state(world) == (1, 1, 0, 0)
    assert isinstance(world.gateway, RecordingGateway)
    assert len({order.idempotency_key for order in world.gateway.orders}) == 1


def test_a_broken_gateway_guesses_nothing_and_the_repetition_ends_it() -> None:
    world = World()

    class Broken(RecordingGateway):
        def charge(self, order: Order) -> Outcome | Busy:
            raise RuntimeError(f"secret {order.payment_method}")

    world.gateway = Broken()
    assert world.create()["statusCode"] == 500
    assert "secret" not in "".join(world.lines)
    world.gateway = RecordingGateway()
    assert world.create()["statusCode"] == 409
    world.time.forward(LEASE)
    assert world.create()["json"]["status"] == "succeeded"
    assert state(world) == (1, 2, 2, 1)


def test_a_repetition_while_the_first_runs_is_asked_to_wait() -> None:
    world, others = World(), []
    world.gateway = gateway = CallingGateway(during=lambda: others.append(world.create()))
    assert world.create()["statusCode"] == 201
    assert [(answer["statusCode"], answer["headers"]["Retry-After"]) for answer in others] == [(409, "1")]
    assert len(gateway.orders) == 1


def test_a_slow_attempt_that_was_taken_over_answers_as_the_other_did_and_writes_nothing() -> None:
    world, others = World(), []

    def taken_over() -> None:
        world.time.forward(LEASE)
        others.append(world.create())

    world.gateway = gateway = CallingGateway(during=taken_over)
    slow = world.create()
    assert (slow["statusCode"], slow["body"]) == (201, others[0]["body"])
    assert slow["headers"]["Idempotent-Replayed"] == "true"
    assert len({order.idempotency_key for order in gateway.orders}) == 1
    assert state(world) == (1, 2, 2, 1)


def test_a_slow_attempt_whose_successor_still_runs_asks_to_wait() -> None:
    world = World()

    class Stuck(BaseException):
        pass

    def taken_over() -> None:
        world.time.forward(LEASE)
        first = world.gateway
        world.gateway = CallingGateway(during=fail)
        with pytest.raises(Stuck):
            world.create()
        world.gateway = first

    def fail() -> None:
        raise Stuck

    world.gateway = CallingGateway(during=taken_over)
    assert world.create()["statusCode"] == 409
    world.time.forward(LEASE)
    assert world.create()["json"]["status"] == "succeeded"
    assert state(world) == (1, 2, 2, 1)


def test_of_two_that_take_over_at_the_same_time_one_runs() -> None:
    class Rivals(MemoryStore):
        concurrent: Callable[[], Any] | None = None

        def claim(self, *arguments: Any) -> Any:
            existing_record = super().claim(*arguments)
            concurrent, self.concurrent = self.concurrent, None
            if concurrent:
                concurrent()
            return existing_record

    store = Rivals()
    world, others = World(store=store), []
    world.create(BODY | {"payment_method": "pm_rate_limited"})
    store.concurrent = lambda: others.append(world.create(BODY | {"payment_method": "pm_rate_limited"}))
    second = world.create(BODY | {"payment_method": "pm_rate_limited"})
    assert [others[0]["statusCode"], second["statusCode"]] == [429, 409]
    assert state(world) == (1, 1, 0, 0)


def test_64_concurrent_identical_creates_make_one_payment() -> None:
    world = World()
    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(lambda _: world.create(), range(64)))
    codes = [answer["statusCode"] for answer in answers]
    assert set(codes) <= {201, 409}
    created = [a for a in answers if a["statusCode"] == 201 and "Idempotent-Replayed" not in a["headers"]]
    assert len(created) == 1
    assert {answer["body"] for answer in answers if answer["statusCode"] == 201} == {created[0]["body"]}
    assert state(world) == (1, 2, 2, 1)
    assert isinstance(world.gateway, RecordingGateway)
    assert len(world.gateway.orders) == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.sampled_from(["acme", "globex"]),
        st.sampled_from(["pm_approved", "pm_declined", "pm_rate_limited", "pm_timeout_after"]),
        st.sampled_from([0, 1, LEASE, RETENTION_SECONDS]),
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(STEPS)
def test_any_sequence_of_creates_leaves_each_key_with_one_answer_and_each_charge_with_one_payment(
    steps: list[tuple[str, str, str, int]],
) -> None:
    world = World()
    kept: dict[tuple[str, str], tuple[str, str, int]] = {}
    for key, merchant, method, pause in steps:
        world.time.forward(pause)
        now = int(world.time().timestamp())
        answer = world.create(BODY | {"payment_method": method}, key, merchant=merchant)
        replayed = "Idempotent-Replayed" in answer["headers"]
        body, kept_method, until = kept.get((merchant, key), ("", "", 0))
        if until > now:
            assert replayed == (method == kept_method)
            assert answer["statusCode"] == 422 if method != kept_method else answer["body"] == body
        else:
            assert not replayed
        if answer["statusCode"] in (201, 402) and not replayed:
            kept[merchant, key] = (answer["body"], method, now + RETENTION_SECONDS)
    assert isinstance(world.store, MemoryStore)
    assert isinstance(world.gateway, RecordingGateway)
    succeeded = {
        payment.id for payment in world.store.payments_by_id.values() if payment.status == "succeeded"
    }
    assert set(world.gateway.charges) == succeeded
