"""Reconciliation of the same days: every movement is matched or reported, once."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.adapters.gateways import Simulator, SimulatorBook, statement
from payments.adapters.ledger_table import LedgerTable
from payments.adapters.table import Table
from payments.ledger import Kind
from payments.telemetry import Log
from payments.verification.ledger_checks import Books
from payments.verification.reconciliation import Movement, reconcile
from settlement_worker.daily import DailyReconciliation, NotAJob, day_of
from tests.handlers.ledger.test_checks import books as books_of
from tests.handlers.scripted import Scripted, failure
from tests.handlers.support import BODY, Time, World

DAY, BEFORE, AFTER = "2026-03-02", "2026-03-01", "2026-03-03"


def moved(payment: str = "pay_a", amount: int = 5, kind: Kind = Kind.CAPTURE, day: str = DAY) -> Movement:
    return Movement(payment=payment, kind=kind, amount=amount, currency="EUR", created=f"{day}T12:00:00.000Z")


MOVEMENTS = st.lists(
    st.builds(
        moved,
        st.sampled_from(["pay_a", "pay_b"]),
        st.integers(1, 3),
        st.sampled_from([Kind.CAPTURE, Kind.REFUND]),
        st.sampled_from([BEFORE, DAY, AFTER]),
    )
)


@given(sides=MOVEMENTS, seed=st.randoms(use_true_random=False))
def test_equal_sides_match_in_whatever_order(sides: list[Movement], seed: Any) -> None:
    other = seed.sample(sides, len(sides))
    report = reconcile(DAY, sides, other)
    assert report.differences == 0
    assert len(report.matched) == sum(movement.day == DAY for movement in sides)


@given(here=MOVEMENTS, there=MOVEMENTS)
def test_every_movement_of_the_day_is_in_the_report_exactly_once(
    here: list[Movement], there: list[Movement]
) -> None:
    report = reconcile(DAY, here, there)
    ours = len(report.matched) + len(report.missing_there) + len(report.amount_mismatch)
    assert ours == sum(movement.day == DAY for movement in here)
    for kind in ("missing_here", "missing_there"):
        assert all(movement.day == DAY for movement in getattr(report, kind))
    mirrored = reconcile(DAY, there, here)
    assert len(mirrored.missing_here) == len(report.missing_there)


@pytest.mark.parametrize(
    ("here", "there", "counts"),
    [
        ([moved()], [moved()], (1, 0, 0, 0)),
        ([moved()], [], (0, 0, 1, 0)),
        ([], [moved()], (0, 1, 0, 0)),
        ([moved(amount=5)], [moved(amount=6)], (0, 0, 0, 1)),
        ([moved()], [replace(moved(), currency="USD")], (0, 0, 0, 1)),
        ([moved()], [moved(kind=Kind.REFUND)], (0, 1, 1, 0)),
        ([moved()], [moved("pay_b")], (0, 1, 1, 0)),
        ([moved(), moved()], [moved()], (1, 0, 1, 0)),
        # A moment before midnight here, a moment after it there.
        ([moved(day=BEFORE)], [moved()], (0, 0, 0, 0)),
        ([moved()], [moved(day=AFTER)], (1, 0, 0, 0)),
        # What belongs to another day is not reported today.
        ([moved(day=BEFORE)], [moved(day=AFTER, amount=7), moved("pay_b", day=AFTER)], (0, 0, 0, 0)),
        # The same amount twice, of which today's stays today's.
        ([moved(day=BEFORE), moved()], [moved()], (1, 0, 0, 0)),
    ],
)
def test_a_day_is_told_as_it_is(
    here: list[Movement], there: list[Movement], counts: tuple[int, int, int, int]
) -> None:
    report = reconcile(DAY, here, there)
    found = (report.matched, report.missing_here, report.missing_there, report.amount_mismatch)
    assert tuple(map(len, found)) == counts
    assert report.differences == sum(counts[1:])


@dataclass
class Side:
    """Represents the movements of a gateway or a ledger."""

    movements: list[Movement] = field(default_factory=list)

    def settled(self, day: str) -> Iterable[Movement]:
        return [movement for movement in self.movements if movement.day == day]


def job(
    here: Side, there: Side, books: Books | None = None
) -> tuple[DailyReconciliation, dict[str, str], list[str]]:
    stored, lines = dict[str, str](), list[str]()
    made = DailyReconciliation(
        gateway="simulator",
        statement=there.settled,
        movements=here.settled,
        books=lambda payment: books or Books(payment_id=payment),
        store=stored.__setitem__,
        log=Log(write=lines.append),
    )
    return made, stored, lines


def test_a_report_names_what_differs_and_the_log_line_has_the_figures() -> None:
    here, there = [moved(), moved("pay_b", 7)], [moved(), moved("pay_b", 8), moved("pay_c")]
    do, stored, lines = job(Side(here), Side(there))
    do(json.dumps({"job": "reconcile", "scheduled": "2026-03-03T06:00:00Z"}))
    [(key, text)] = stored.items()
    assert key == "reconciliation/date=2026-03-02/simulator.json"
    report = json.loads(text)
    assert report["matched"] == {"count": 1, "amounts": {"capture EUR": 5}}
    assert [found["payment"] for found in report["missing_here"]] == ["pay_c"]
    assert [(m["amount"], m["amount_there"]) for m in report["amount_mismatch"]] == [(7, 8)]
    assert (report["date"], report["differences"], report["ledger_breaks"]) == (DAY, 2, [])
    line = json.loads(lines[0])
    assert (line["message"], line["date"]) == ("reconciled", DAY)
    assert (line["matched"], line["differences"], line["breaks"]) == (1, 2, 0)


def test_a_job_done_twice_keeps_the_same_report() -> None:
    do, stored, _ = job(Side([moved(), moved("pay_b")]), Side([moved()]))
    body = json.dumps({"job": "reconcile", "date": DAY})
    do(body)
    first = dict(stored)
    do(body)
    assert stored == first


def test_books_that_do_not_agree_are_told_with_the_payments_that_moved() -> None:
    world = World()
    world.create(BODY)
    kept_books = books_of(world)
    broken = replace(kept_books, entries=kept_books.entries[1:])
    do, stored, lines = job(Side([moved()]), Side([moved()]), broken)
    do(json.dumps({"job": "reconcile", "date": DAY}))
    found = json.loads(next(iter(stored.values())))["ledger_breaks"]
    assert "missing_entry" in [one["code"] for one in found]
    assert json.loads(lines[0])["breaks"] == len(found)


@pytest.mark.parametrize(
    ("body", "day"),
    [
        ({"job": "reconcile", "scheduled": "2026-03-01T06:00:00Z"}, "2026-02-28"),
        ({"job": "reconcile", "date": "2026-02-28"}, "2026-02-28"),
    ],
)
def test_a_job_is_about_the_day_before_or_the_one_that_is_named(body: Any, day: str) -> None:
    assert day_of(json.dumps(body)) == day


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"job": "explode", "date": "2026-03-01"}',
        '{"job": "reconcile"}',
        '{"job": "reconcile", "date": 7}',
        '{"job": "reconcile", "date": "2026-02-30"}',
        '{"job": "reconcile", "date": "../../etc"}',
        '{"job": "reconcile", "scheduled": "<aws.scheduler.scheduled-time>"}',
    ],
)
def test_any_other_message_is_no_job(body: str) -> None:
    with pytest.raises(NotAJob):
        day_of(body)


METHODS = ["pm_approved", "pm_declined", "pm_timeout_after", "pm_timeout_before", "pm_rate_limited"]


@pytest.mark.integration
def test_what_the_simulator_remembers_is_what_the_ledger_says(dynamodb: Any, table_name: str) -> None:
    time = Time()
    gateway = Simulator(SimulatorBook(dynamodb, table_name, time))
    world = World(store=Table(dynamodb, table_name), gateway=gateway, time=time)
    for method in METHODS:
        made = world.create(BODY | {"payment_method": method}, method)["json"]
        time.forward(120)
        if method.startswith("pm_timeout"):
            world.settle(made["id"])
    payment = world.authorized()
    world.do("capture", payment, {"amount": 1000})
    world.do("refunds", payment, {"amount": 300})
    world.do("cancel", world.authorized(7))
    table = LedgerTable(dynamodb, table_name)
    there = statement({"GATEWAY": "simulator", "TABLE_NAME": table_name}, dynamodb)
    day = "2026-03-01"
    here = list(table.movements(day))
    assert sorted(movement.amount for movement in here) == [300, 1000, 1250, 1250]
    assert reconcile(day, here, there(day)).differences == 0
    planted = f"{payment}-9", Kind.REFUND, 5, "EUR"
    SimulatorBook(dynamodb, table_name, time)(*planted)
    report = reconcile(day, here, there(day))
    assert [(m.payment, m.amount) for m in report.missing_here] == [(payment, 5)]


def test_a_movement_is_remembered_once_and_a_book_that_cannot_be_written_is_a_failure() -> None:
    client = Scripted([{}, failure("ConditionalCheckFailedException"), failure("AccessDenied")])
    book = SimulatorBook(client, "payments-dev", Time())
    book("pay_a", Kind.CAPTURE, 5, "EUR")
    book("pay_a", Kind.CAPTURE, 5, "EUR")
    assert client.calls[0][1]["ConditionExpression"] == "attribute_not_exists(#pk)"
    with pytest.raises(Exception, match="AccessDenied"):
        book("pay_a", Kind.CAPTURE, 5, "EUR")


def test_days_around_a_month_are_asked_too() -> None:
    days: list[str] = []

    class RecordingSide(Side):
        def settled(self, day: str) -> Iterable[Movement]:
            days.append(day)
            return []

    do, _, _ = job(Side(), RecordingSide())
    do(json.dumps({"job": "reconcile", "date": "2026-02-28"}))
    start = date(2026, 2, 27)
    assert days == [(start + timedelta(days=number)).isoformat() for number in range(3)]
