import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import changes, ledger
from payments.gateway import ActionRequired, Approved, Declined, Outcome, Unknown
from payments.ledger import Account, Kind
from payments.payment import FINAL, CaptureMethod, Payment, Status

NOW = "2026-03-01T12:00:01.000Z"
PAYMENT = Payment(
    id="pay_" + "q" * 24,
    merchant="acme",
    amount=1250,
    currency="EUR",
    capture_method=CaptureMethod.AUTOMATIC,
    payment_method="pm_approved",
    created="2026-03-01T12:00:00.000Z",
)
PAYMENTS = st.builds(
    replace, st.just(PAYMENT), amount=st.integers(1, 10**12), capture_method=st.sampled_from(CaptureMethod)
)
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    [Approved("ch"), ActionRequired("ch"), Declined("expired_card", "The card has expired."), Unknown()]
)


@given(PAYMENTS, OUTCOMES)
def test_the_amounts_of_a_payment_are_the_sums_of_its_postings(payment: Payment, outcome: Outcome) -> None:
    change = changes.settled(payment, outcome, NOW)
    after = change.payment
    assert after.amount_capturable == ledger.balance(change.entries, Account.AUTHORIZED)
    assert after.amount_captured - after.amount_refunded == ledger.balance(change.entries, Account.RECEIVABLE)
    assert 0 <= after.amount_captured + after.amount_capturable <= after.amount
    assert [entry.sequence for entry in change.entries] == list(range(1, after.entries + 1))
    assert {entry.currency for entry in change.entries} <= {payment.currency}


@given(PAYMENTS, OUTCOMES)
def test_a_change_is_the_next_version_and_its_event_tells_all_of_it(
    payment: Payment, outcome: Outcome
) -> None:
    change = changes.settled(payment, outcome, NOW)
    assert change.payment.version == change.event.sequence == 2
    assert change.event.type == f"payment.{change.payment.status}"
    assert change.event.created == NOW
    assert json.loads(change.event.data) == change.payment.view()


@given(PAYMENTS)
def test_opening_moves_no_money_and_is_the_first_event(payment: Payment) -> None:
    change = changes.opened(payment)
    assert change.entries == ()
    assert (change.event.type, change.event.sequence, change.event.created) == (
        "payment.created",
        1,
        payment.created,
    )
    assert change.payment.status is Status.PROCESSING


@pytest.mark.parametrize(
    ("outcome", "method", "status", "kinds", "code"),
    [
        (Approved("ch"), "automatic", "succeeded", [Kind.AUTHORIZE, Kind.CAPTURE], None),
        (Approved("ch"), "manual", "requires_capture", [Kind.AUTHORIZE], None),
        (ActionRequired("ch"), "automatic", "requires_action", [], None),
        (Declined("expired_card", "No."), "automatic", "failed", [], "payment_declined"),
        (Unknown(), "automatic", "processing", [], "outcome_unknown"),
    ],
)
def test_each_outcome_leads_to_its_status_and_movements(
    outcome: Outcome, method: str, status: str, kinds: list[Kind], code: str | None
) -> None:
    change = changes.settled(replace(PAYMENT, capture_method=CaptureMethod(method)), outcome, NOW)
    assert change.payment.status == status
    assert [entry.kind for entry in change.entries] == kinds
    assert (change.payment.last_error or {}).get("code") == code


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_payment_cannot_be_settled_again(status: Status) -> None:
    with pytest.raises(ValueError, match="cannot go"):
        changes.settled(replace(PAYMENT, status=status), Approved("ch"), NOW)
