"""Refunding through the whole application, over the store in memory."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from payments.ledger import Account, balance
from payments.payment import Declined, Unknown
from payments.ports import Busy
from tests.handlers.support import BODY, World, get_refund
from tests.handlers.test_apply_operation import Answering, gateway, memory

HALF = {"amount": 625, "reason": "half of it came broken"}


def captured(world: World) -> str:
    return str(world.create(BODY, "created")["json"]["id"])


def test_a_refund_is_a_thing_of_its_own_that_can_be_read() -> None:
    world = World()
    payment = captured(world)
    answer = world.do("refunds", payment, HALF)
    refund = answer["json"]
    assert answer["statusCode"] == 201
    assert world.send(get_refund(refund["id"]))["json"] == refund
    assert refund == {
        "id": refund["id"],
        "payment": payment,
        "amount": 625,
        "currency": "EUR",
        "reason": "half of it came broken",
        "status": "succeeded",
        "created": "2026-03-01T12:00:00.123Z",
        "merchant": "acme",
    }
    after = world.get(payment)["json"]
    assert (after["status"], after["amount_captured"], after["amount_refunded"]) == ("succeeded", 1250, 625)


def test_several_refunds_give_back_all_of_it_and_no_more() -> None:
    world = World()
    payment = captured(world)
    amounts = [world.do("refunds", payment, {"amount": 500}, key)["json"]["amount"] for key in ("1", "2")]
    rest = world.do("refunds", payment, key="3")["json"]
    assert ([*amounts, rest["amount"]], rest["reason"]) == ([500, 500, 250], None)
    answer = world.do("refunds", payment, {"amount": 1}, "4")
    assert (answer["statusCode"], answer["json"]["code"]) == (409, "payment_state")
    assert world.get(payment)["json"]["amount_refunded"] == gateway(world).moved("refund") == 1250
    assert balance(memory(world).entries, Account.RECEIVABLE) == 0
    assert len(memory(world).refunds_by_id) == 3


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"amount": 1251}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "a\nb"}, "reason"),
        ({"reason": None}, "reason"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_a_wrong_field_is_named(body: Any, param: str) -> None:
    world = World()
    answer = world.do("refunds", captured(world), body)
    assert (answer["statusCode"], answer["json"]["param"]) == (400, param)
    assert memory(world).refunds_by_id == {}


def test_what_is_only_authorized_has_nothing_to_refund_and_what_is_captured_of_it_has() -> None:
    world = World()
    payment = world.authorized()
    assert world.do("refunds", payment)["json"]["code"] == "payment_state"
    world.do("capture", payment, {"amount": 500, "final": False})
    assert world.do("refunds", payment)["json"]["amount"] == 500
    assert world.get(payment)["json"]["status"] == "requires_capture"


def test_a_repetition_gives_back_nothing_more() -> None:
    world = World()
    payment = captured(world)
    first, again = (world.do("refunds", payment, HALF) for _ in range(2))
    assert (again["statusCode"], again["body"]) == (201, first["body"])
    assert again["headers"]["Idempotent-Replayed"] == "true"
    assert gateway(world).moved("refund") == 625


def test_a_refund_that_the_gateway_refuses_is_kept_as_failed_and_another_may_follow() -> None:
    world = World(gateway=Answering(answers=[Declined("charge_disputed", "It is disputed.")]))
    payment = captured(world)
    answer = world.do("refunds", payment, HALF)
    assert (answer["statusCode"], answer["json"]["decline_code"]) == (402, "charge_disputed")
    assert [refund.status for refund in memory(world).refunds_by_id.values()] == ["failed"]
    assert world.get(payment)["json"]["amount_refunded"] == 0
    assert world.do("refunds", payment, HALF, "again")["statusCode"] == 201
    assert len(memory(world).refunds_by_id) == 2


def test_a_refund_in_doubt_is_pending_and_no_other_may_pass_it() -> None:
    world = World(gateway=Answering(answers=[Unknown()]))
    payment = captured(world)
    refund = world.do("refunds", payment, HALF)["json"]
    assert refund["status"] == world.send(get_refund(refund["id"]))["json"]["status"] == "pending"
    assert world.do("refunds", payment, HALF, "other")["json"]["code"] == "payment_busy"
    after = world.get(payment)["json"]
    assert (after["status"], after["amount_refunded"]) == ("succeeded", 0)


def test_a_busy_gateway_leaves_no_refund_behind() -> None:
    world = World(gateway=Answering(answers=[Busy(1)]))
    payment = captured(world)
    assert world.do("refunds", payment, HALF)["statusCode"] == 429
    assert memory(world).refunds_by_id == {}
    assert world.do("refunds", payment, HALF)["statusCode"] == 201
    assert len(memory(world).refunds_by_id) == 1


def test_another_merchants_refund_is_unknown() -> None:
    world = World()
    refund = world.do("refunds", captured(world))["json"]["id"]
    for unknown, merchant in ((refund, "globex"), ("re_" + "q" * 28, "acme"), ("x", "acme")):
        answer = world.send(get_refund(unknown, merchant=merchant))
        assert (answer["statusCode"], answer["json"]["code"]) == (404, "not_found")


def test_concurrent_refunds_never_give_back_more_than_was_taken() -> None:
    world = World()
    payment = captured(world)
    with ThreadPoolExecutor(16) as threads:
        answers = list(
            threads.map(lambda n: world.do("refunds", payment, {"amount": 400}, f"key {n}"), range(16))
        )
    made = sum(answer["statusCode"] == 201 for answer in answers)
    assert {answer["statusCode"] for answer in answers} <= {201, 400, 409}
    assert 1 <= made <= 3
    assert world.get(payment)["json"]["amount_refunded"] == gateway(world).moved("refund") == 400 * made
