"""Metrics of the executor, written when a change is committed."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from payments.executor import counting_breaks
from payments.ledger import LedgerBreak
from payments.payment import Outcome
from payments.ports import Busy, Order
from payments.telemetry import Metrics
from tests.handlers.support import BODY, LEASE, MemoryStore, RecordingGateway, Time, World


def measures(world: World) -> Counter[tuple[str, str, int]]:
    """Counts metrics by name, value of the last dimension, and value; without latencies."""
    found: Counter[tuple[str, str, int]] = Counter()
    for line in map(json.loads, world.measured):
        [directive] = line["_aws"]["CloudWatchMetrics"]
        [dimensions], [metric] = directive["Dimensions"], directive["Metrics"]
        assert all(isinstance(line[name], str) for name in dimensions)
        if metric["Unit"] != "Milliseconds":
            found[metric["Name"], line[dimensions[-1]], line[metric["Name"]]] += 1
    return found


def test_a_line_is_exactly_the_embedded_metric_format() -> None:
    lines: list[str] = []
    Metrics("dev", Time(), lines.append).put("Payments", 1, "Count", Outcome="succeeded")
    assert [json.loads(line) for line in lines] == [
        {
            "_aws": {
                "Timestamp": 1772366400123,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Payments",
                        "Dimensions": [["Environment", "Outcome"]],
                        "Metrics": [{"Name": "Payments", "Unit": "Count"}],
                    }
                ],
            },
            "Environment": "dev",
            "Outcome": "succeeded",
            "Payments": 1,
        }
    ]


def test_metrics_are_lines_of_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    Metrics("dev").put("IdempotentReplays", 1, "Count")
    assert json.loads(capsys.readouterr().out)["IdempotentReplays"] == 1


@pytest.mark.parametrize(
    ("method", "outcome", "captured"),
    [
        ("pm_approved", "succeeded", 1250),
        ("pm_declined", "failed", None),
        ("pm_requires_action", "requires_action", None),
        ("pm_timeout_after", "processing", None),
    ],
)
def test_a_payment_counts_once_by_its_outcome(method: str, outcome: str, captured: int | None) -> None:
    world = World()
    world.create(BODY | {"payment_method": method})
    money = {("CapturedAmount", "EUR", captured): 1} if captured else {}
    # Every payment begins as one whose outcome is not known, which is not an outcome.
    assert measures(world) == {("Payments", outcome, 1): 1, **money}


def test_a_repetition_counts_as_one_and_as_no_payment() -> None:
    world = World()
    world.create()
    before = measures(world)
    world.create()
    assert measures(world) - before == {("IdempotentReplays", "dev", 1): 1}


def test_money_counts_when_it_is_taken_and_when_it_goes_back() -> None:
    world = World()
    payment = world.authorized(900)
    world.do("capture", payment, {"amount": 500, "final": False})
    world.do("refunds", payment, {"amount": 200}, "refund")
    assert measures(world) == {
        ("Payments", "requires_capture", 1): 2,
        ("CapturedAmount", "EUR", 500): 1,
        ("RefundedAmount", "EUR", 200): 1,
    }


def test_what_is_settled_later_counts_when_it_is() -> None:
    world = World()
    payment = world.create(BODY | {"payment_method": "pm_timeout_after"})["json"]["id"]
    world.time.forward(LEASE + 60)
    world.settle(payment)
    assert measures(world) == {
        ("Payments", "processing", 1): 1,
        ("Payments", "succeeded", 1): 1,
        ("CapturedAmount", "EUR", 1250): 1,
    }


def test_a_lapsed_authorization_counts_as_canceled() -> None:
    world = World()
    payment = world.authorized()
    world.time.forward(8 * 24 * 3600)
    world.settle(payment)
    assert measures(world)["Payments", "canceled", 1] == 1


def test_every_question_to_the_gateway_is_timed_also_one_that_fails() -> None:
    class Broken(RecordingGateway):
        def charge(self, order: Order) -> Outcome | Busy:
            raise RuntimeError

    world = World()
    payment = world.authorized()
    world.do("cancel", payment)
    broken = World(gateway=Broken())
    assert broken.create()["statusCode"] == 500
    for tried, times in ((world, 2), (broken, 1)):
        latencies = [line for line in map(json.loads, tried.measured) if "GatewayLatency" in line]
        assert len(latencies) == times
        assert all(line["GatewayLatency"] >= 0 for line in latencies)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_captured": 1251},
        {"amount_captured": -1},
        {"amount_capturable": 1251},
        {"amount_refunded": 1},
        {"amount_captured": 800, "amount_capturable": 800},
    ],
)
def test_a_payment_that_breaks_the_ledger_is_told_and_not_written_over(wrong: dict[str, Any]) -> None:
    store = MemoryStore()
    world = World(store=store)
    payment = world.create(BODY | {"payment_method": "pm_requires_action"})["json"]["id"]
    broken = store.payments_by_id[payment] = replace(store.payments_by_id[payment], **wrong)
    assert world.do("cancel", payment)["statusCode"] == 500
    assert measures(world)["LedgerBreaks", "dev", 1] == 1
    assert store.payments_by_id[payment].amount_captured == broken.amount_captured


def test_a_break_that_a_sweep_finds_counts_too() -> None:
    store = MemoryStore()
    world = World(store=store)
    payment = world.authorized()
    store.payments_by_id[payment] = replace(store.payments_by_id[payment], amount_capturable=-1)
    world.time.forward(8 * 24 * 3600)
    with pytest.raises(LedgerBreak):
        counting_breaks(world.metrics, world.settle)(payment)
    assert measures(world)["LedgerBreaks", "dev", 1] == 1
