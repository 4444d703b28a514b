"""Consistent books have no break; each way to corrupt them has one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import ports
from payments.adapters.items import appended_items, payment_item, refund_item
from payments.adapters.ledger_table import LedgerTable
from payments.adapters.table import Table, to_item
from payments.operations import verify_ledger
from payments.verification.ledger_checks import Books, breaks
from tests.handlers.scripted import Scripted
from tests.handlers.support import BODY, MemoryStore, World


def items(world: World) -> list[dict[str, Any]]:
    """Returns the items of the payments, as a table would store them."""
    store = cast(MemoryStore, world.store)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for change in store.changes:
        written = [payment_item(change.payment), *appended_items(change)]
        written += [refund_item(change.refund)] if change.refund else []
        for item in written:
            found[str(item["pk"]), str(item["sk"])] = dict(item)
    return [found[key] for key in sorted(found)]


def books(world: World) -> Books:
    """Returns the books of the only payment."""
    stored = items(world)
    by_kind = {kind: [item for item in stored if item["entity"] == kind] for kind in ("ledger", "refund")}
    [payment] = [item for item in stored if item["entity"] == "payment"]
    return Books(
        payment_id=payment["id"], payment=payment, entries=by_kind["ledger"], refunds=by_kind["refund"]
    )


@pytest.fixture
def refunded() -> Books:
    """Returns books: authorized 1250, captured 1000, released 250, refunded 300."""
    world = World()
    payment = world.authorized()
    world.do("capture", payment, {"amount": 1000})
    world.do("refunds", payment, {"amount": 300})
    return books(world)


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("capture"), st.fixed_dictionaries({"amount": st.integers(1, 500), "final": st.booleans()})
        ),
        st.tuples(st.just("cancel"), st.none()),
        st.tuples(st.just("refunds"), st.fixed_dictionaries({"amount": st.integers(1, 500)})),
    ),
    max_size=6,
)


@given(
    method=st.sampled_from(["pm_approved", "pm_declined", "pm_timeout_after", "pm_timeout_before"]),
    steps=STEPS,
)
def test_whatever_is_done_the_books_agree(method: str, steps: list[tuple[str, Any]]) -> None:
    world = World()
    body = BODY | {"payment_method": method, "capture_method": "manual"}
    made = world.create(body)["json"]
    payment = made.get("payment") or made["id"]
    for number, (verb, wanted) in enumerate(steps):
        world.do(verb, payment, wanted, f"step {number}")
        world.time.forward(60)
        world.settle(payment)
    assert breaks(books(world)) == []


def entry(stored: Books, number: int, **changed: Any) -> Books:
    entries = [dict(e) | (changed if e["sequence"] == number else {}) for e in stored.entries]
    return replace(stored, entries=entries)


def payment(stored: Books, **changed: Any) -> Books:
    return replace(stored, payment=dict(stored.payment or {}) | changed)


def _postings(*amounts: tuple[str, int]) -> list[dict[str, object]]:
    return [{"account": account, "amount": amount} for account, amount in amounts]


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("unbalanced", lambda b: entry(b, 1, postings=_postings(("gateway:authorized", 5)))),
        ("wrong_postings", lambda b: entry(b, 1, postings=_postings(("a", 5), ("b", -5)))),
        ("wrong_postings", lambda b: entry(b, 1, kind="gift")),
        ("wrong_postings", lambda b: entry(b, 1, postings=[])),
        ("missing_entry", lambda b: replace(b, entries=b.entries[1:])),
        ("extra_entry", lambda b: replace(b, entries=[*b.entries, dict(b.entries[0]) | {"sequence": 9}])),
        ("wrong_currency", lambda b: entry(b, 2, currency="USD")),
        ("wrong_merchant", lambda b: entry(b, 2, merchant="rival")),
        ("amount_captured_differs", lambda b: payment(b, amount_captured=999)),
        ("amount_capturable_differs", lambda b: payment(b, amount_capturable=1)),
        ("amount_refunded_differs", lambda b: payment(b, amount_refunded=0)),
        ("authorized_too_much", lambda b: payment(b, amount=1249)),
        ("resolved_twice", lambda b: replace(b, entries=[*b.entries, dict(b.entries[1]) | {"sequence": 5}])),
        ("refunded_too_much", lambda b: replace(b, entries=[e for e in b.entries if e["kind"] != "capture"])),
        ("open_when_final", lambda b: replace(b, entries=[e for e in b.entries if e["kind"] != "void"])),
        ("refunds_differ", lambda b: replace(b, refunds=[])),
        ("no_payment", lambda b: replace(b, payment=None)),
    ],
)
def test_each_lie_is_found(refunded: Books, code: str, spoil: Callable[[Books], Books]) -> None:
    assert breaks(refunded) == []
    found = breaks(spoil(refunded))
    assert code in [one.code for one in found]
    assert {one.payment for one in found} == {refunded.payment_id}


def test_a_refund_that_is_pending_or_failed_counts_for_nothing(refunded: Books) -> None:
    others = [dict(refunded.refunds[0]) | {"status": status} for status in ("pending", "failed")]
    assert breaks(replace(refunded, refunds=[*refunded.refunds, *others])) == []


def test_nothing_at_all_is_no_break() -> None:
    assert breaks(Books(payment_id="pay_a")) == []


def test_a_payment_that_comes_in_parts_is_read_again_whole_before_it_is_called_broken(
    refunded: Books,
) -> None:
    stored = [to_item(dict(refunded.payment or {}))]
    entries = [to_item(dict(e)) for e in refunded.entries]
    refunds = [to_item(dict(r)) for r in refunded.refunds]
    whole = {"Items": [*stored, *entries, *refunds]}
    client = Scripted([{"Items": stored, "LastEvaluatedKey": {"pk": {"S": "x"}}}, {"Items": []}, whole])
    assert list(verify_ledger(client, "payments-dev")) == [(refunded.payment_id, [])]
    assert [name for name, _ in client.calls] == ["scan", "scan", "query"]
    assert client.calls[1][1]["ExclusiveStartKey"] == {"pk": {"S": "x"}}
    assert client.calls[2][1]["ConsistentRead"] is True


@pytest.mark.integration
def test_a_walk_over_a_real_table_finds_what_was_planted(dynamodb: Any, table_name: str) -> None:
    world = World(store=Table(dynamodb, table_name))
    made = [world.create(BODY, str(number))["json"]["id"] for number in range(5)]
    world.create(BODY | {"payment_method": "pm_declined"}, "declined")
    assert [found for _, found in verify_ledger(dynamodb, table_name)] == [[]] * 6
    dynamodb.delete_item(
        TableName=table_name, Key={"pk": {"S": f"PAYMENT#{made[2]}"}, "sk": {"S": "LEDGER#000002"}}
    )
    broken = [found for _, found in verify_ledger(dynamodb, table_name) if found]
    assert {one.code for one in broken[0]} == {
        "missing_entry",
        "amount_capturable_differs",
        "amount_captured_differs",
        "open_when_final",
    }
    assert {one.payment for one in broken[0]} == {made[2]}


@pytest.mark.integration
def test_the_movements_of_a_day_are_found_by_their_day(
    dynamodb: Any, table_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "_PAGE", 1)
    world = World(store=Table(dynamodb, table_name))
    payment = world.authorized()
    world.do("capture", payment, {"amount": 1000})
    world.time.forward(24 * 3600)
    world.do("refunds", payment, {"amount": 300})
    ledger = LedgerTable(dynamodb, table_name)
    first, second = (list(ledger.movements(day)) for day in ("2026-03-01", "2026-03-02"))
    assert [(m.payment, m.kind, m.amount, m.currency) for m in first] == [(payment, "capture", 1000, "EUR")]
    assert [(m.kind, m.amount, m.day) for m in second] == [("refund", 300, "2026-03-02")]
