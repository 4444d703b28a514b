"""Settlement of open payments, once: missing answers, abandoned requests, lapsed authorizations."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from payments.adapters.gateways import Simulator
from payments.api.idempotency import RETENTION_SECONDS, Record
from payments.changes import AUTHORIZED_FOR
from payments.payment import (
    ActionRequired,
    Approved,
    Declined,
    Done,
    Operation,
    Outcome,
    Payment,
    Result,
    Unknown,
)
from payments.ports import Busy, Order, query_outcome
from payments.telemetry import Log
from sweeper.sweep import Sweep
from tests.handlers.payment_processor.test_lists import world as any_world
from tests.handlers.support import BODY, LEASE, Killed, MemoryStore, RecordingGateway, World, get_refund
from tests.handlers.test_apply_operation import FIVE, Answering, Late, gateway, memory
from tests.handlers.test_changes import PAYMENT, pending
from tests.handlers.test_crashes import Fatal, Fate

world = any_world
WEEK = AUTHORIZED_FOR.total_seconds()


@dataclass
class Slow(RecordingGateway):
    """Returns these outcomes of `find` one after the other."""

    found: list[Outcome | Busy] = field(default_factory=list)

    def find(self, order: Order) -> Outcome | Busy:
        return self.found.pop(0)


def doubtful(world: World, method: str = "pm_timeout_after", **more: Any) -> str:
    return str(world.create(BODY | {"payment_method": method} | more)["json"]["id"])


@pytest.mark.parametrize(
    ("method", "capture", "status", "captured"),
    [
        ("pm_timeout_after", "automatic", "succeeded", 1250),
        ("pm_timeout_after", "manual", "requires_capture", 0),
        ("pm_timeout_before", "automatic", "failed", 0),
        ("pm_timeout_before", "manual", "failed", 0),
    ],
)
def test_a_charge_in_doubt_ends_as_the_gateway_knows(
    world: World, method: str, capture: str, status: str, captured: int
) -> None:
    payment = doubtful(world, method, capture_method=capture)
    first = world.create(BODY | {"payment_method": method, "capture_method": capture})
    world.time.forward(60)
    settled = world.settle(payment)
    assert settled
    assert (settled.status, settled.amount_captured, settled.pending) == (status, captured, None)
    assert world.get(payment)["json"] == json.loads(json.dumps(settled.view()))
    assert world.settle(payment) is None
    # A repetition gets the stored answer, which reported the unknown outcome.
    again = world.create(BODY | {"payment_method": method, "capture_method": capture})
    assert again["body"] == first["body"]
    assert len(gateway(world).orders) == 1


def test_it_is_not_asked_again_before_it_is_due() -> None:
    world = World()
    payment = doubtful(world)
    world.time.forward(59)
    assert world.settle(payment) is None
    world.time.forward(1)
    assert world.settle(payment)


def test_as_long_as_nobody_knows_it_is_asked_ever_more_rarely_and_told_once() -> None:
    world = World(gateway=Slow(found=[Unknown(), Unknown(), Unknown(), Approved("ch")]))
    payment = doubtful(world)
    waited = []
    while (due := memory(world).payments_by_id[payment].due) is not None:
        wait = due - int(world.time().timestamp())
        waited.append(wait)
        world.time.forward(wait)
        world.settle(payment)
    assert waited == [60, 60, 120, 240]
    assert [event.type for event in memory(world).events_written] == [
        "payment.created",
        "payment.processing",
        "payment.succeeded",
    ]


def test_a_busy_gateway_is_asked_again_in_the_next_sweep() -> None:
    world = World(gateway=Slow(found=[Busy(1), ActionRequired("ch")]))
    payment = doubtful(world)
    world.time.forward(60)
    assert world.settle(payment) is None
    settled = world.settle(payment)
    assert settled
    assert settled.status == "requires_action"


@pytest.mark.parametrize(
    ("verb", "body", "answers", "status"),
    [
        ("capture", {"amount": 500, "final": False}, [Unknown(), Done()], "requires_capture"),
        ("capture", None, [Unknown(), Done()], "succeeded"),
        ("capture", None, [Unknown(), Declined("charge_expired", "Too late.")], "requires_capture"),
        ("cancel", None, [Unknown(), Done()], "canceled"),
        ("cancel", None, [Unknown(), Busy(1), Done()], "canceled"),
    ],
)
def test_a_follow_up_in_doubt_is_asked_again_with_its_own_key(
    verb: str, body: Any, answers: list[Result | Busy], status: str
) -> None:
    world = World(gateway=Answering(answers=answers))
    payment = world.authorized()
    first = world.do(verb, payment, body)
    world.time.forward(60)
    while memory(world).payments_by_id[payment].pending:
        world.settle(payment)
    assert world.get(payment)["json"]["status"] == status
    assert len({movement.idempotency_key for _, movement in gateway(world).movements}) == 1
    assert world.do(verb, payment, body)["body"] == first["body"]


def test_a_refund_in_doubt_ends_and_frees_the_payment() -> None:
    world = World(gateway=Answering(answers=[Unknown()]))
    payment = world.create(BODY, "created")["json"]["id"]
    refund = world.do("refunds", payment, {"amount": 5})["json"]
    world.time.forward(60)
    world.settle(payment)
    assert world.send(get_refund(refund["id"]))["json"] == refund | {"status": "succeeded"}
    assert world.get(payment)["json"]["amount_refunded"] == 5
    assert world.do("refunds", payment, {"amount": 5}, "next")["statusCode"] == 201


@pytest.mark.parametrize(("at", "status", "code"), [(3, 402, "failed"), (4, 201, "succeeded")])
def test_a_create_that_died_is_ended_with_its_answer_in_one_write(at: int, status: int, code: str) -> None:
    """Tests a process killed before and after the gateway got the charge; the caller may still repeat it."""
    fate, peaceful = Fate(at), World()
    war = World(store=Fatal(peaceful.store, fate), gateway=Fatal(peaceful.gateway, fate), time=peaceful.time)
    with pytest.raises(Killed):
        war.create()
    (payment,) = memory(peaceful).payments_by_id
    assert peaceful.settle(payment) is None
    peaceful.time.forward(LEASE)
    settled = peaceful.settle(payment)
    assert settled
    assert settled.status == code
    answer = peaceful.create()
    assert (answer["statusCode"], answer["headers"]["Idempotent-Replayed"]) == (status, "true")
    assert answer["json"].get("decline_code") == (None if status == 201 else "not_charged")
    assert len(gateway(peaceful).charges) == (status == 201)


@pytest.mark.parametrize("verb", ["capture", "cancel", "refunds"])
@pytest.mark.parametrize("at", [5, 6])
def test_a_follow_up_that_died_is_ended_with_its_answer_in_one_write(verb: str, at: int) -> None:
    fate, peaceful = Fate(), World()
    method = "automatic" if verb == "refunds" else "manual"
    payment = peaceful.create(BODY | {"capture_method": method}, "created")["json"]["id"]
    war = World(store=Fatal(peaceful.store, fate), gateway=Fatal(peaceful.gateway, fate), time=peaceful.time)
    fate.at = at
    with pytest.raises(Killed):
        war.do(verb, payment)
    peaceful.time.forward(LEASE - 1)
    assert peaceful.settle(payment) is None
    peaceful.time.forward(1)
    assert peaceful.settle(payment)
    answer = peaceful.do(verb, payment)
    assert answer["statusCode"] in (200, 201)
    assert answer["headers"]["Idempotent-Replayed"] == "true"
    assert len({m.idempotency_key for _, m in gateway(peaceful).movements}) == 1
    assert memory(peaceful).payments_by_id[payment].pending is None


def test_a_take_over_that_the_gateway_turns_away_forgets_nothing_that_was_done() -> None:
    """Tests an operation that was executed, and rejected as busy the second time: its key stays the same."""

    class Dies(Exception):
        pass

    def dies() -> None:
        raise Dies

    world = World(gateway=Answering(happens=dies, answers=[Busy(1)]))
    payment = world.authorized()
    assert world.do("capture", payment, {"amount": 500})["statusCode"] == 500
    world.time.forward(LEASE)
    assert world.do("capture", payment, {"amount": 500})["statusCode"] == 429
    assert world.do("capture", payment, {"amount": 500}, "other")["json"]["code"] == "payment_busy"
    assert world.do("capture", payment, {"amount": 500})["statusCode"] == 200
    assert len({movement.idempotency_key for _, movement in gateway(world).movements}) == 1


def test_a_create_that_was_turned_away_waits_a_day_for_its_repetition() -> None:
    world = World()
    world.create(BODY | {"payment_method": "pm_rate_limited"})
    (payment,) = memory(world).payments_by_id
    world.time.forward(RETENTION_SECONDS - 1)
    assert world.settle(payment) is None
    assert world.create(BODY | {"payment_method": "pm_rate_limited"})["statusCode"] == 429
    world.time.forward(RETENTION_SECONDS)
    settled = world.settle(payment)
    assert settled
    assert (settled.status, (settled.last_error or {})["decline_code"]) == ("failed", "not_charged")


def test_a_key_that_was_used_again_for_another_payment_keeps_its_answer() -> None:
    world = World(gateway=Slow(found=[Unknown(), Approved("ch")]))
    first = doubtful(world)
    world.time.forward(RETENTION_SECONDS)
    second = doubtful(world)
    assert first != second
    world.settle(first)
    world.time.forward(RETENTION_SECONDS)
    settled = world.settle(first)
    assert settled
    assert settled.status == "succeeded"
    assert world.get(second)["json"]["status"] == "processing"


@pytest.mark.parametrize("captured", [0, 500])
def test_an_authorization_lapses_to_the_second_and_what_was_captured_stays(
    world: World, captured: int
) -> None:
    payment = world.authorized()
    if captured:
        world.do("capture", payment, {"amount": captured, "final": False})
    world.time.forward(WEEK - 1)
    assert world.settle(payment) is None
    world.time.forward(1)
    settled = world.settle(payment)
    assert settled
    expected = ("succeeded" if captured else "canceled", 0, captured)
    assert (settled.status, settled.amount_capturable, settled.amount_captured) == expected
    assert gateway(world).moved("cancel") == 1250 - captured
    assert world.settle(payment) is None


@pytest.mark.parametrize("at", range(1, 9))
def test_a_settlement_that_is_killed_at_any_point_is_ended_by_the_next(at: int) -> None:
    fate, peaceful = Fate(), World()
    payment = peaceful.authorized()
    peaceful.time.forward(WEEK)
    war = World(store=Fatal(peaceful.store, fate), gateway=Fatal(peaceful.gateway, fate), time=peaceful.time)
    fate.at = at
    with pytest.raises(Killed):
        war.settle(payment)
    peaceful.time.forward(LEASE)
    peaceful.settle(payment)
    assert peaceful.get(payment)["json"]["status"] == "canceled"
    assert gateway(peaceful).moved("cancel") == 1250
    assert [event.type for event in memory(peaceful).events_written[2:]] == ["payment.canceled"]


def test_a_capture_in_the_last_moment_and_the_expiry_do_not_both_happen() -> None:
    world = World()
    payment = world.authorized()
    world.time.forward(WEEK - 1)

    def lapses() -> None:
        world.time.forward(1)
        assert world.settle(payment) is None

    world.gateway = Answering(happens=lapses)
    assert world.do("capture", payment)["json"]["status"] == "succeeded"
    assert world.settle(payment) is None


def test_of_two_settlements_at_the_same_time_one_writes() -> None:
    world, seen = World(), []
    payment = world.authorized()
    world.time.forward(WEEK)
    other = world.settle
    world.gateway = Answering(happens=lambda: seen.append(other(payment)))
    assert world.settle(payment)
    assert seen == [None]
    assert [event.type for event in memory(world).events_written[2:]] == ["payment.canceled"]


def test_a_payment_that_never_was_is_not_settled() -> None:
    assert World().settle("pay_" + "q" * 24) is None


@dataclass
class LambdaContext:
    """Represents a Lambda context with so many milliseconds left, a second less each time."""

    milliseconds: int

    def get_remaining_time_in_millis(self) -> int:
        self.milliseconds -= 1000
        return self.milliseconds


def sweep(world: World, milliseconds: int = 60_000) -> dict[str, int]:
    def settle(payment: str) -> Payment | None:
        if payment == broken:
            raise RuntimeError("secret")
        return world.settle(payment)

    broken = next(iter(memory(world).payments_by_id))
    log = Log("INFO", world.time, world.lines.append)
    webhook_store = world.webhooks
    return Sweep(
        due_payments=memory(world).due,
        settle=settle,
        due_deliveries=webhook_store.due_deliveries,
        queue=len,
        clock=world.time,
        log=log,
    )({}, LambdaContext(milliseconds))


def test_a_sweep_looks_at_all_that_is_due_and_one_failure_stops_no_other() -> None:
    world = World()
    for number in range(4):
        world.create(BODY | {"payment_method": "pm_timeout_after"}, str(number))
    world.create(BODY, "done")
    world.time.forward(60)
    world.lines.clear()
    assert sweep(world) == {"due": 4, "settled": 3, "failed": 1, "queued": 0}
    assert "secret" not in "".join(world.lines)
    assert [json.loads(line)["message"] for line in world.lines] == ["not settled"] + ["settled"] * 3
    assert sweep(world) == {"due": 1, "settled": 0, "failed": 1, "queued": 0}


def test_a_sweep_begins_nothing_that_it_has_no_time_for() -> None:
    world = World()
    for number in range(4):
        world.create(BODY | {"payment_method": "pm_timeout_after"}, str(number))
    world.time.forward(60)
    assert sweep(world, 12_500) == {"due": 4, "settled": 1, "failed": 1, "queued": 0}


class Interrupted(MemoryStore):
    """Calls a function once, right after a read."""

    after: str = ""

    def then(self, after: str, happens: Callable[[], object]) -> None:
        self.after, self.happens = after, happens

    def payment(self, payment_id: str) -> Payment | None:
        return self._read("payment", super().payment(payment_id))

    def record(self, merchant: str, digest: str) -> Record | None:
        return self._read("record", super().record(merchant, digest))

    def _read[T](self, what: str, found: T) -> T:
        if self.after == what:
            self.after = ""
            self.happens()
        return found


def died(world: World, verb: str, *answers: Result | Busy) -> str:
    """Returns a payment with the pending operation of an abandoned request whose lease has ended."""

    def dies() -> None:
        raise RuntimeError

    payment = world.authorized()
    world.gateway = Answering(happens=dies, answers=list(answers))
    assert world.do(verb, payment)["statusCode"] == 500
    world.time.forward(LEASE)
    return payment


@pytest.mark.parametrize("after", ["payment", "record"])
def test_of_two_settlements_of_a_dead_request_one_answers_it(after: str) -> None:
    store = Interrupted()
    world = World(store=store)
    payment = died(world, "capture")
    store.then(after, lambda: world.settle(payment))
    assert world.settle(payment) is None
    assert world.do("capture", payment)["json"]["status"] == "succeeded"
    assert [event.type for event in store.events_written[2:]] == ["payment.succeeded"]


@pytest.mark.parametrize("repeated", [False, True])
def test_a_settlement_that_read_a_question_before_it_was_withdrawn_does_not_ask_it(repeated: bool) -> None:
    """Tests a request that has outlived its lease, and may have been repeated and answered meanwhile."""
    store = Late()
    world = World(store=store)
    payment = world.authorized()

    def outlives_its_lease() -> None:
        store.remember(payment)
        world.time.forward(LEASE)

    world.gateway = Answering(answers=[Busy(1)], happens=outlives_its_lease)
    assert world.do("capture", payment, FIVE)["statusCode"] == 429
    seen, store.seen = store.seen, None
    if repeated:
        assert world.do("capture", payment, FIVE)["statusCode"] == 200
    calls = len(gateway(world).movements)
    store.seen = seen
    assert world.settle(payment) is None
    assert len(gateway(world).movements) == calls


def test_a_settlement_that_finds_the_gateway_busy_leaves_it_to_the_next_sweep() -> None:
    world = World(gateway=Answering(answers=[Busy(1)]))
    payment = world.authorized()
    world.time.forward(WEEK)
    assert world.settle(payment) is None
    settled = world.settle(payment)
    assert settled
    assert settled.status == "canceled"


def test_a_settlement_over_a_version_that_is_gone_writes_nothing() -> None:
    store = Interrupted()
    world = World(store=store)
    payment = world.authorized()
    world.time.forward(WEEK)
    store.then("payment", lambda: world.do("cancel", payment))
    assert world.settle(payment) is None
    assert [event.type for event in store.events_written[2:]] == ["payment.canceled"]


def test_what_a_repetition_has_taken_over_is_left_to_it() -> None:
    world, seen = World(), []
    payment = died(world, "capture")
    gateway = world.gateway = Answering(happens=lambda: seen.append(world.settle(payment)))
    assert world.do("capture", payment)["json"]["status"] == "succeeded"
    assert seen == [None]
    assert len(gateway.movements) == 1


def test_a_dead_request_is_still_due_when_the_gateway_turns_its_settlement_away() -> None:
    world = World()
    payment = died(world, "cancel", Busy(1))
    assert world.settle(payment) is None
    assert world.settle(payment)
    assert world.do("cancel", payment)["json"]["status"] == "canceled"


def test_money_of_no_charge_cannot_be_moved() -> None:
    calls = replace(PAYMENT, pending=pending(Operation.CAPTURE))
    with pytest.raises(ValueError, match="no charge"):
        query_outcome(Simulator(), calls)


def test_a_record_whose_payment_is_gone_is_a_fault_of_ours_and_asks_nobody() -> None:
    world = World()
    world.create(BODY | {"payment_method": "pm_rate_limited"})
    memory(world).payments_by_id.clear()
    assert world.create(BODY | {"payment_method": "pm_rate_limited"})["statusCode"] == 500
    assert len(gateway(world).orders) == 1
