import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import changes
from payments.changes import AUTHORIZED_FOR, Change, Event
from payments.formats import epoch, refund_id, rfc3339
from payments.ledger import Account, Entry, Kind, balance
from payments.payment import (
    FINAL,
    ActionRequired,
    Approved,
    CaptureMethod,
    Declined,
    Done,
    Operation,
    Outcome,
    Payment,
    Pending,
    Result,
    Status,
    Unknown,
)

MOMENT = datetime(2026, 3, 1, 12, 0, 1, 0, UTC)
NOW = rfc3339(MOMENT)
NO = Declined("expired_card", "The card has expired.")
CREATED = "2026-03-01T12:00:00.000Z"


def pending(operation: Operation, amount: int = 1250, **more: Any) -> Pending:
    return Pending(operation=operation, key="key", digest="d", amount=amount, created=CREATED, **more)


PAYMENT = Payment(
    id="pay_" + "q" * 24,
    merchant="acme",
    amount=1250,
    currency="EUR",
    capture_method=CaptureMethod.AUTOMATIC,
    payment_method="pm_approved",
    created=CREATED,
    pending=pending(Operation.CREATE),
)
MANUAL = replace(PAYMENT, capture_method=CaptureMethod.MANUAL)
AUTHORIZED = changes.apply_outcome(MANUAL, Approved("ch"), MOMENT).payment
CHALLENGED = changes.apply_outcome(MANUAL, ActionRequired("ch"), MOMENT).payment
PAYMENTS = st.builds(
    replace, st.just(PAYMENT), amount=st.integers(1, 10**12), capture_method=st.sampled_from(CaptureMethod)
)
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from([Approved("ch"), ActionRequired("ch"), NO, Unknown()])


def apply_outcomes(payment: Payment, operation: Pending, *outcomes: Outcome | Result) -> Change:
    """Returns the change of a payment after a pending operation and its outcomes."""
    change = changes.start_operation(payment, operation, due=0)
    for outcome in outcomes:
        change = changes.apply_outcome(change.payment, outcome, MOMENT)
    return change


def event_of(change: Change) -> Event:
    """Returns the event of a change."""
    assert change.event
    return change.event


@given(PAYMENTS, OUTCOMES)
def test_the_amounts_of_a_payment_are_the_sums_of_its_postings(payment: Payment, outcome: Outcome) -> None:
    change = changes.apply_outcome(payment, outcome, MOMENT)
    after = change.payment
    assert after.amount_capturable == balance(change.entries, Account.AUTHORIZED)
    assert after.amount_captured - after.amount_refunded == balance(change.entries, Account.RECEIVABLE)
    assert 0 <= after.amount_captured + after.amount_capturable <= after.amount
    assert [entry.sequence for entry in change.entries] == list(range(1, after.entries + 1))
    assert {entry.currency for entry in change.entries} <= {payment.currency}


@given(PAYMENTS, OUTCOMES)
def test_a_change_is_the_next_version_and_its_event_tells_all_of_it(
    payment: Payment, outcome: Outcome
) -> None:
    change = changes.apply_outcome(payment, outcome, MOMENT)
    event = event_of(change)
    assert change.payment.version == change.payment.events == event.sequence == 2
    assert event.type == f"payment.{change.payment.status}"
    assert event.created == NOW
    assert json.loads(event.data) == change.payment.view()


@given(PAYMENTS)
def test_opening_moves_no_money_and_is_the_first_event(payment: Payment) -> None:
    change = changes.create(payment)
    assert change.entries == ()
    event = event_of(change)
    assert (event.type, event.sequence, event.created) == ("payment.created", 1, payment.created)
    assert change.payment.status is Status.PROCESSING


@pytest.mark.parametrize(
    ("outcome", "method", "status", "kinds", "code"),
    [
        (Approved("ch"), "automatic", "succeeded", [Kind.AUTHORIZE, Kind.CAPTURE], None),
        (Approved("ch"), "manual", "requires_capture", [Kind.AUTHORIZE], None),
        (ActionRequired("ch"), "automatic", "requires_action", [], None),
        (NO, "automatic", "failed", [], "payment_declined"),
        (Unknown(), "automatic", "processing", [], "outcome_unknown"),
    ],
)
def test_each_outcome_of_a_charge_leads_to_its_status_and_movements(
    outcome: Outcome, method: str, status: str, kinds: list[Kind], code: str | None
) -> None:
    change = changes.apply_outcome(replace(PAYMENT, capture_method=CaptureMethod(method)), outcome, MOMENT)
    assert change.payment.status == status
    assert [entry.kind for entry in change.entries] == kinds
    assert (change.payment.last_error or {}).get("code") == code


CAPTURE, CANCEL, EXPIRE = Operation.CAPTURE, Operation.CANCEL, Operation.EXPIRE


@pytest.mark.parametrize(
    ("payment", "operation", "outcome", "status", "amounts", "code"),
    [
        (AUTHORIZED, pending(CAPTURE), Done(), "succeeded", (0, 1250), None),
        (AUTHORIZED, pending(CAPTURE, 500), Done(), "succeeded", (0, 500), None),
        (AUTHORIZED, pending(CAPTURE, 500, final=False), Done(), "requires_capture", (750, 500), None),
        (AUTHORIZED, pending(CAPTURE, 1250, final=False), Done(), "succeeded", (0, 1250), None),
        (AUTHORIZED, pending(CAPTURE), NO, "requires_capture", (1250, 0), "payment_declined"),
        (AUTHORIZED, pending(CAPTURE), Unknown(), "processing", (1250, 0), "outcome_unknown"),
        (AUTHORIZED, pending(CANCEL), Done(), "canceled", (0, 0), None),
        (AUTHORIZED, pending(CANCEL), NO, "requires_capture", (1250, 0), "payment_declined"),
        (AUTHORIZED, pending(CANCEL), Unknown(), "processing", (1250, 0), "outcome_unknown"),
        (AUTHORIZED, pending(EXPIRE), Done(), "canceled", (0, 0), None),
        (AUTHORIZED, pending(EXPIRE), NO, "canceled", (0, 0), None),
        (CHALLENGED, pending(CANCEL, 0), Done(), "canceled", (0, 0), None),
        (CHALLENGED, pending(CANCEL, 0), NO, "requires_action", (0, 0), "payment_declined"),
    ],
)
def test_each_answer_to_a_follow_up_leads_to_its_status_and_amounts(
    payment: Payment,
    operation: Pending,
    outcome: Result,
    status: str,
    amounts: tuple[int, int],
    code: str | None,
) -> None:
    change = apply_outcomes(payment, operation, outcome)
    after = change.payment
    assert (after.status, after.amount_capturable, after.amount_captured) == (status, *amounts)
    assert (after.last_error or {}).get("code") == code
    assert (after.pending is None) == (outcome != Unknown())
    assert event_of(change).type == f"payment.{status}"


CAPTURED = changes.apply_outcome(PAYMENT, Approved("ch"), MOMENT).payment
REFUND = pending(Operation.REFUND, 500, refund=refund_id(PAYMENT.id, 1), reason="broken")


@pytest.mark.parametrize(
    ("outcomes", "status", "refunded", "event_type"),
    [
        ([Done()], "succeeded", 500, "payment.refunded"),
        ([NO], "failed", 0, "payment.refund_failed"),
        ([Unknown()], "pending", 0, "payment.refund_pending"),
        ([Unknown(), Done()], "succeeded", 500, "payment.refunded"),
        ([Unknown(), NO], "failed", 0, "payment.refund_failed"),
    ],
)
def test_each_answer_to_a_refund_leads_to_its_status_and_leaves_that_of_the_payment(
    outcomes: list[Result], status: str, refunded: int, event_type: str
) -> None:
    change = apply_outcomes(CAPTURED, REFUND, *outcomes)
    after = change.payment
    assert change.refund
    assert (change.refund.status, change.refund.amount, change.refund.id) == (status, 500, REFUND.refund)
    assert (after.status, after.amount_captured, after.amount_refunded) == ("succeeded", 1250, refunded)
    assert (after.refunds, after.last_error) == (1, None)
    assert event_of(change).type == event_type
    assert balance(change.entries, Account.RECEIVABLE) == -refunded


def test_a_refund_in_doubt_is_looked_at_and_keeps_others_away() -> None:
    after = apply_outcomes(CAPTURED, REFUND, Unknown()).payment
    assert after.pending == replace(REFUND, unanswered=True)
    assert after.due == epoch(MOMENT) + 60


def test_a_refund_between_two_captures_leaves_the_rest_capturable_and_lapsing() -> None:
    part = apply_outcomes(AUTHORIZED, pending(CAPTURE, 500, final=False), Done()).payment
    after = apply_outcomes(part, REFUND, Done()).payment
    assert (after.status, after.amount_capturable, after.amount_refunded) == ("requires_capture", 750, 500)
    assert after.due == after.expires == part.expires


def test_what_is_captured_before_a_cancel_stays_so_the_payment_has_succeeded() -> None:
    part = apply_outcomes(AUTHORIZED, pending(CAPTURE, 500, final=False), Done()).payment
    after = apply_outcomes(part, pending(CANCEL, 750), Done()).payment
    assert (after.status, after.amount_captured, after.amount_capturable) == ("succeeded", 500, 0)


@given(st.integers(1, 10**12), st.lists(st.integers(1, 10**12), max_size=4), st.integers(1, 10**12))
def test_captures_and_the_void_of_the_rest_resolve_exactly_what_was_authorized(
    amount: int, parts: list[int], last: int
) -> None:
    payment = changes.apply_outcome(replace(MANUAL, amount=amount), Approved("ch"), MOMENT).payment
    entries: list[Entry] = []
    for part, final in [*((part, False) for part in parts), (last, True)]:
        if payment.status is Status.REQUIRES_CAPTURE:
            operation = pending(CAPTURE, min(part, payment.amount_capturable), final=final)
            change = apply_outcomes(payment, operation, Done())
            payment, entries = change.payment, [*entries, *change.entries]
    assert payment.status is Status.SUCCEEDED
    assert payment.amount_captured == balance(entries, Account.RECEIVABLE)
    assert balance(entries, Account.AUTHORIZED) == -amount
    assert [entry.sequence for entry in entries] == list(range(2, payment.entries + 1))


def test_the_world_is_told_once_that_an_answer_is_missing() -> None:
    first = apply_outcomes(AUTHORIZED, pending(CAPTURE), Unknown())
    second = apply_outcomes(AUTHORIZED, pending(CAPTURE), Unknown(), Unknown())
    assert first.event is not None
    assert second.event is None
    assert second.payment.version == first.payment.version + 1
    assert second.payment.pending == first.payment.pending


@given(st.integers(0, 10**6))
def test_a_missing_answer_is_asked_for_ever_more_rarely(seconds: int) -> None:
    moment = MOMENT + timedelta(seconds=seconds)
    due = changes.apply_outcome(PAYMENT, Unknown(), moment).payment.due
    assert due == epoch(moment) + min(max(seconds + 1, 60), 3600)


@pytest.mark.parametrize("payment", [AUTHORIZED, CHALLENGED])
def test_an_authorization_is_looked_at_when_it_lapses_and_after_that_never(payment: Payment) -> None:
    assert payment.due == payment.expires == epoch(MOMENT + AUTHORIZED_FOR)
    after = apply_outcomes(payment, pending(CANCEL), Done()).payment
    assert (after.due, after.expires) == (None, None)


def test_what_is_begun_and_withdrawn_is_as_before_but_for_its_version() -> None:
    started = changes.start_operation(AUTHORIZED, pending(CAPTURE), due=7)
    assert (started.event, started.entries, started.payment.due) == (None, (), 7)
    after = changes.abort_operation(started.payment)
    assert (after.event, after.entries) == (None, ())
    assert after.payment == replace(AUTHORIZED, version=AUTHORIZED.version + 2)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_payment_cannot_be_settled_again(status: Status) -> None:
    with pytest.raises(ValueError, match="cannot go"):
        changes.apply_outcome(replace(PAYMENT, status=status), Approved("ch"), MOMENT)


def test_a_payment_that_waits_for_nothing_cannot_be_settled() -> None:
    with pytest.raises(ValueError, match="no operation is pending"):
        changes.apply_outcome(AUTHORIZED, Done(), MOMENT)


def test_an_answer_to_another_question_is_refused() -> None:
    with pytest.raises(ValueError, match="Approved is not an outcome of capture"):
        apply_outcomes(AUTHORIZED, pending(CAPTURE), Approved("ch"))
