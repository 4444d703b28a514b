from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.changes import AUTHORIZED_FOR
from payments.formats import epoch, lease_end
from payments.operation_rules import Cancel, Capture, Expire, RequestedOperation, begin, expired
from payments.payment import FINAL, Operation, Payment, Status
from payments.problems import Problem
from tests.handlers.test_changes import AUTHORIZED, CHALLENGED, MOMENT, pending

LEASE = 30
INTENTS: list[RequestedOperation] = [Capture(), Cancel(), Expire()]


def refused(payment: Payment, intent: RequestedOperation) -> Problem:
    with pytest.raises(Problem) as caught:
        begin(payment, intent, "d", MOMENT, LEASE)
    return caught.value


@given(st.integers(1, AUTHORIZED.amount_capturable), st.booleans())
def test_what_is_begun_says_all_that_the_gateway_must_know(amount: int, final: bool) -> None:
    change = begin(AUTHORIZED, Capture(amount, final), "d", MOMENT, LEASE)
    started = change.payment.pending
    assert started
    assert (started.operation, started.amount, started.final, started.digest) == (
        "capture",
        amount,
        final,
        "d",
    )
    due = lease_end(epoch(MOMENT), LEASE)
    assert change.payment == replace(AUTHORIZED, pending=started, due=due, version=AUTHORIZED.version + 1)


@given(st.integers(AUTHORIZED.amount_capturable + 1))
def test_more_than_is_capturable_is_refused_by_name(amount: int) -> None:
    problem = refused(AUTHORIZED, Capture(amount))
    assert (problem.status, problem.param) == (400, "amount")


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("status", sorted(FINAL))
def test_what_is_final_stays(intent: RequestedOperation, status: Status) -> None:
    final = replace(AUTHORIZED, status=status, expires=None, amount_capturable=0)
    assert refused(final, intent).code == "payment_state"


@pytest.mark.parametrize("intent", INTENTS)
def test_one_question_at_a_time(intent: RequestedOperation) -> None:
    started = replace(AUTHORIZED, pending=pending(Operation.CAPTURE))
    assert (refused(started, intent).code, refused(started, intent).retry_after) == ("payment_busy", 1)


@pytest.mark.parametrize("payment", [AUTHORIZED, CHALLENGED])
@given(seconds=st.integers(-(10**6), 10**6))
def test_an_authorization_lapses_seven_days_after_it_was_given(payment: Payment, seconds: int) -> None:
    now = MOMENT + AUTHORIZED_FOR + timedelta(seconds=seconds)
    assert expired(payment, epoch(now)) == (seconds >= 0)
    if seconds >= 0:
        change = begin(payment, Expire(), "", now, LEASE)
        assert change.payment.pending
        assert change.payment.pending.amount == payment.amount_capturable
    else:
        with pytest.raises(Problem):
            begin(payment, Expire(), "", now, LEASE)


def test_each_question_has_a_key_of_its_own_and_asked_again_the_same() -> None:
    one, same = (begin(AUTHORIZED, Capture(5), "d", MOMENT, LEASE).payment for _ in range(2))
    other = begin(replace(AUTHORIZED, version=9), Capture(5), "d", MOMENT, LEASE).payment
    assert one.pending
    assert other.pending
    assert one.pending == same.pending
    assert one.pending.key != other.pending.key
