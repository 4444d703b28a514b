"""Capturing and canceling through the whole application, over the store in memory."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from payments.api.idempotency import RETENTION_SECONDS
from payments.changes import AUTHORIZED_FOR
from payments.ledger import Account, balance
from payments.payment import Declined, Done, Payment, Result, Unknown
from payments.ports import Busy, Movement
from tests.handlers.support import BODY, LEASE, LONGEST_ATTEMPT, MemoryStore, RecordingGateway, World

NEVER = "pay_" + "q" * 24
FIVE = {"amount": 500, "final": False}


@dataclass
class Answering(RecordingGateway):
    """Returns these answers to movements, then Done; calls `happens` before each."""

    answers: list[Result | Busy] = field(default_factory=list)
    happens: Callable[[], None] = lambda: None

    def capture(self, movement: Movement) -> Result | Busy:
        self.movements.append(("capture", movement))
        happens, self.happens = self.happens, lambda: None
        happens()
        return self.answers.pop(0) if self.answers else Done()

    cancel = refund = capture


def memory(world: World) -> MemoryStore:
    assert isinstance(world.store, MemoryStore)
    return world.store


def gateway(world: World) -> RecordingGateway:
    assert isinstance(world.gateway, RecordingGateway)
    return world.gateway


def amounts(answer: dict[str, Any]) -> tuple[str, int, int]:
    view = answer["json"]
    return view["status"], view["amount_capturable"], view["amount_captured"]


@pytest.mark.parametrize(
    ("verb", "body", "after", "events"),
    [
        ("capture", None, ("succeeded", 0, 1250), ["payment.succeeded"]),
        ("capture", {}, ("succeeded", 0, 1250), ["payment.succeeded"]),
        ("capture", {"amount": 1}, ("succeeded", 0, 1), ["payment.succeeded"]),
        ("capture", FIVE, ("requires_capture", 750, 500), ["payment.requires_capture"]),
        ("capture", {"amount": 1250, "final": False}, ("succeeded", 0, 1250), ["payment.succeeded"]),
        ("cancel", None, ("canceled", 0, 0), ["payment.canceled"]),
        ("cancel", {}, ("canceled", 0, 0), ["payment.canceled"]),
    ],
)
def test_a_follow_up_ends_as_its_body_says_and_is_kept(
    verb: str, body: Any, after: tuple[str, int, int], events: list[str]
) -> None:
    world = World()
    payment = world.authorized()
    answer = world.do(verb, payment, body)
    assert (answer["statusCode"], amounts(answer)) == (200, after)
    assert world.get(payment)["json"] == answer["json"]
    assert [event.type for event in memory(world).events_written[2:]] == events
    assert balance(memory(world).entries, Account.AUTHORIZED) == after[1]


def test_several_captures_take_it_piece_by_piece() -> None:
    world = World()
    payment = world.authorized()
    steps = [world.do("capture", payment, FIVE, key) for key in ("one", "two")]
    assert [amounts(step)[1:] for step in steps] == [(750, 500), (250, 1000)]
    assert amounts(world.do("capture", payment, {"amount": 100}, "three")) == ("succeeded", 0, 1100)
    assert gateway(world).moved("capture") == 1100
    keys = [movement.idempotency_key for _, movement in gateway(world).movements]
    assert len(set(keys)) == 3


def test_a_cancel_after_a_capture_releases_only_the_rest() -> None:
    world = World()
    payment = world.authorized()
    world.do("capture", payment, FIVE)
    assert amounts(world.do("cancel", payment)) == ("succeeded", 0, 500)
    assert gateway(world).moved("cancel") == 750


def test_a_payment_that_waits_for_its_payer_can_be_canceled() -> None:
    world = World()
    body = {"amount": 1, "currency": "EUR", "payment_method": "pm_requires_action"}
    payment = world.create(body)["json"]["id"]
    assert world.do("capture", payment)["json"]["code"] == "payment_state"
    assert amounts(world.do("cancel", payment)) == ("canceled", 0, 0)


@pytest.mark.parametrize("verb", ["capture", "cancel"])
@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_approved", "payment_state"),
        ("pm_declined", "payment_state"),
        ("pm_timeout_after", "payment_busy"),
    ],
)
def test_what_is_over_or_in_doubt_is_left_alone(verb: str, method: str, code: str) -> None:
    world = World()
    created = world.create({"amount": 5, "currency": "EUR", "payment_method": method})["json"]
    answer = world.do(verb, created.get("id") or created["payment"])
    assert (answer["statusCode"], answer["json"]["code"]) == (409, code)
    assert ("Retry-After" in answer["headers"]) == (code == "payment_busy")
    assert gateway(world).movements == []


@pytest.mark.parametrize(
    ("verb", "body", "param"),
    [
        ("capture", {"amount": 0}, "amount"),
        ("capture", {"amount": 1251}, "amount"),
        ("capture", {"amount": True}, "amount"),
        ("capture", {"amount": "5"}, "amount"),
        ("capture", {"amount": None}, "amount"),
        ("capture", {"final": 1}, "final"),
        ("capture", {"all": True}, "all"),
        ("cancel", {"amount": 5}, "amount"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_asked(verb: str, body: Any, param: str) -> None:
    world = World()
    payment = world.authorized()
    answer = world.do(verb, payment, body)
    assert (answer["statusCode"], answer["json"]["param"]) == (400, param)
    assert gateway(world).movements == []
    assert world.do(verb, payment)["statusCode"] == 200


@pytest.mark.parametrize("verb", ["capture", "cancel"])
def test_another_merchants_payment_is_unknown(verb: str) -> None:
    world = World()
    payment = world.authorized()
    for unknown, merchant in ((payment, "globex"), (NEVER, "acme"), ("x", "acme")):
        answer = world.do(verb, unknown, merchant=merchant)
        assert (answer["statusCode"], answer["json"]["code"]) == (404, "not_found")
    assert amounts(world.get(payment)) == ("requires_capture", 1250, 0)


@pytest.mark.parametrize("body", [None, FIVE])
def test_a_repetition_gets_the_same_bytes_and_takes_nothing(body: Any) -> None:
    world = World()
    payment = world.authorized()
    first = world.do("capture", payment, body)
    before = len(memory(world).changes)
    again = world.do("capture", payment, body)
    assert (again["statusCode"], again["body"]) == (first["statusCode"], first["body"])
    assert again["headers"]["Idempotent-Replayed"] == "true"
    assert len(gateway(world).movements) == 1
    assert len(memory(world).changes) == before


@pytest.mark.parametrize("body", [None, FIVE])
def test_a_key_is_of_one_route_one_payment_and_one_body(body: Any) -> None:
    world = World()
    payment, other = world.authorized(), world.authorized()
    world.do("capture", payment, body)
    for arguments in ((payment, {"amount": 7}), (other, body)):
        answer = world.do("capture", *arguments)
        assert (answer["statusCode"], answer["json"]["code"]) == (422, "idempotency_key_reused")
    assert world.do("cancel", other)["statusCode"] == 200


def test_a_kept_key_is_forgotten_after_24_hours() -> None:
    world = World()
    payment = world.authorized()
    world.do("capture", payment, FIVE)
    world.time.forward(RETENTION_SECONDS - 1)
    assert amounts(world.do("capture", payment, FIVE))[2] == 500
    world.time.forward(1)
    assert amounts(world.do("capture", payment, FIVE))[2] == 1000


def test_a_capture_takes_three_round_trips_and_its_repetition_two() -> None:
    world = World()
    payment = world.authorized()
    before = memory(world).calls
    world.do("capture", payment)
    assert memory(world).calls == before + 3
    world.do("capture", payment)
    assert memory(world).calls == before + 5


def test_an_authorization_that_has_lapsed_cannot_be_captured() -> None:
    world = World()
    payment = world.authorized()
    world.time.forward(AUTHORIZED_FOR.total_seconds() - 1)
    assert world.do("capture", payment, FIVE)["statusCode"] == 200
    world.time.forward(1)
    answer = world.do("capture", payment, {"amount": 1}, "late")
    assert (answer["statusCode"], answer["json"]["detail"]) == (409, "The authorization has expired.")


@pytest.mark.parametrize("verb", ["capture", "cancel"])
def test_a_refusal_of_the_gateway_is_a_stored_402_and_leaves_the_money_where_it_is(verb: str) -> None:
    world = World(gateway=Answering(answers=[Declined("charge_expired", "Too late.")]))
    payment = world.authorized()
    refused = world.do(verb, payment)
    assert (refused["statusCode"], refused["json"]["decline_code"]) == (402, "charge_expired")
    assert world.do(verb, payment)["body"] == refused["body"]
    kept = world.get(payment)["json"]
    assert (kept["status"], kept["amount_capturable"]) == ("requires_capture", 1250)
    assert kept["last_error"]["decline_code"] == "charge_expired"
    assert world.do(verb, payment, key="again")["json"]["last_error"] is None


@pytest.mark.parametrize("verb", ["capture", "cancel"])
def test_an_answer_that_does_not_come_leaves_the_payment_in_doubt_and_alone(verb: str) -> None:
    world = World(gateway=Answering(answers=[Unknown()]))
    payment = world.authorized()
    doubtful = world.do(verb, payment)
    assert (doubtful["statusCode"], amounts(doubtful)) == (200, ("processing", 1250, 0))
    assert world.do(verb, payment)["body"] == doubtful["body"]
    for other in ("capture", "cancel"):
        assert world.do(other, payment, key="other")["json"]["code"] == "payment_busy"
    assert len(gateway(world).movements) == 1


def test_a_busy_gateway_leaves_everything_as_it_was_for_this_key_and_others() -> None:
    world = World(gateway=Answering(answers=[Busy(7), Busy(7)]))
    payment = world.authorized()
    for _ in range(2):
        answer = world.do("capture", payment)
        assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (429, "7")
    assert amounts(world.do("capture", payment, FIVE, "other")) == ("requires_capture", 750, 500)
    assert amounts(world.do("capture", payment)) == ("succeeded", 0, 1250)
    assert [event.type for event in memory(world).events_written[2:]] == [
        "payment.requires_capture",
        "payment.succeeded",
    ]


def test_a_request_that_was_turned_away_is_no_answer_once_it_cannot_be_done() -> None:
    world = World(gateway=Answering(answers=[Busy(1)]))
    payment = world.authorized()
    world.do("capture", payment)
    world.do("cancel", payment, key="other")
    assert world.do("capture", payment)["json"]["code"] == "payment_state"


def test_while_one_asks_the_gateway_the_same_waits_and_another_is_turned_away() -> None:
    world = World()
    payment, seen = world.authorized(), []

    def meanwhile() -> None:
        seen.append(world.do("capture", payment, FIVE))
        seen.append(world.do("capture", payment, FIVE, "other"))
        seen.append(world.do("cancel", payment))

    world.gateway = Answering(happens=meanwhile)
    assert amounts(world.do("capture", payment, FIVE)) == ("requires_capture", 750, 500)
    assert [(answer["statusCode"], answer["json"]["code"]) for answer in seen] == [
        (409, "idempotency_key_in_use"),
        (409, "payment_busy"),
        (409, "payment_busy"),
    ]


def test_of_two_that_read_the_same_version_one_is_turned_away() -> None:
    class Slow(MemoryStore):
        between: Callable[[], Any] | None = None

        def payment(self, payment_id: str) -> Any:
            found = super().payment(payment_id)
            between, self.between = self.between, None
            if between:
                between()
            return found

    store = Slow()
    world = World(store=store)
    payment = world.authorized()
    store.between = lambda: world.do("cancel", payment)
    late = world.do("capture", payment)
    assert (late["statusCode"], late["json"]["code"]) == (409, "payment_busy")
    assert amounts(world.get(payment)) == ("canceled", 0, 0)
    assert world.do("capture", payment)["json"]["code"] == "payment_state"


def test_a_slow_attempt_that_was_taken_over_answers_as_the_other_did_and_writes_nothing() -> None:
    world = World()
    payment, seen = world.authorized(), []

    def taken_over() -> None:
        world.time.forward(LEASE)
        seen.append(world.do("capture", payment, FIVE))

    world.gateway = Answering(happens=taken_over)
    slow = world.do("capture", payment, FIVE)
    assert slow["body"] == seen[0]["body"]
    assert slow["headers"]["Idempotent-Replayed"] == "true"
    assert gateway(world).moved("capture") == 500
    assert len(gateway(world).movements) == 2


class Late(MemoryStore):
    """Returns an earlier version at the next read of the payment."""

    seen: Payment | None = None

    def remember(self, payment_id: str) -> None:
        self.seen = self.payments_by_id[payment_id]

    def payment(self, payment_id: str) -> Payment | None:
        seen, self.seen = self.seen, None
        return seen or super().payment(payment_id)


def turned_away(method: str) -> tuple[World, str]:
    """Returns a world and its payment, for whose next question the gateway will be busy.

    The read after that question finds the payment as it was while the question was asked.
    """
    store = Late()
    world = World(store=store)
    payment = world.create(BODY | {"capture_method": method}, "created")["json"]["id"]
    world.gateway = Answering(answers=[Busy(1)], happens=lambda: store.remember(payment))
    return world, payment


@pytest.mark.parametrize(
    ("verb", "method", "body"), [("capture", "manual", FIVE), ("refunds", "automatic", {"amount": 500})]
)
def test_a_copy_that_read_the_payment_before_its_question_was_withdrawn_does_not_ask_it(
    verb: str, method: str, body: Any
) -> None:
    world, payment = turned_away(method)
    assert world.do(verb, payment, body)["statusCode"] == 429
    copy = world.do(verb, payment, body)
    assert (copy["statusCode"], copy["json"]["code"]) == (409, "payment_busy")
    assert len(gateway(world).movements) == 1
    assert world.do(verb, payment, body)["statusCode"] in (200, 201)
    assert len(gateway(world).movements) == 2


def test_an_attempt_is_not_taken_over_before_its_last_moment() -> None:
    """Tests an attempt that begins at the end of a second; leases end with whole seconds."""
    world, seen = World(), []
    payment = world.authorized()
    world.time.now = world.time.now.replace(microsecond=999_999)

    def last_moment() -> None:
        world.time.forward(LONGEST_ATTEMPT)
        seen.append(world.do("capture", payment, FIVE)["json"]["code"])
        seen.append(world.settle(payment))

    world.gateway = Answering(happens=last_moment)
    assert world.do("capture", payment, FIVE)["statusCode"] == 200
    assert seen == ["idempotency_key_in_use", None]
    assert len(gateway(world).movements) == 1


def test_of_two_that_take_over_at_the_same_time_one_runs() -> None:
    class Stuck(BaseException):
        pass

    def stuck() -> None:
        raise Stuck

    class Rivals(MemoryStore):
        concurrent: Callable[[], Any] | None = None

        def record(self, *arguments: Any) -> Any:
            existing_record = super().record(*arguments)
            concurrent, self.concurrent = self.concurrent, None
            if concurrent:
                concurrent()
            return existing_record

    store, seen = Rivals(), []
    world = World(store=store, gateway=Answering())
    payment = world.authorized()
    world.gateway = Answering(happens=stuck)
    with pytest.raises(Stuck):
        world.do("capture", payment)
    world.time.forward(LEASE)

    def wins() -> None:
        world.gateway = Answering(happens=stuck)
        with pytest.raises(Stuck):
            seen.append(world.do("capture", payment))

    store.concurrent = wins
    assert world.do("capture", payment)["json"]["code"] == "idempotency_key_in_use"


def test_32_concurrent_identical_captures_take_it_once() -> None:
    world = World()
    payment = world.authorized()
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda _: world.do("capture", payment, FIVE), range(32)))
    fresh = [a for a in answers if a["statusCode"] == 200 and "Idempotent-Replayed" not in a["headers"]]
    assert len(fresh) == 1
    assert {answer["statusCode"] for answer in answers} <= {200, 409}
    assert len(gateway(world).movements) == 1
    assert amounts(world.get(payment)) == ("requires_capture", 750, 500)
