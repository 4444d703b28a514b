import re

from hypothesis import given
from hypothesis import strategies as st

from payments.ids import (
    EVENT_ID,
    PAYMENT_ID,
    REFUND_ID,
    attempt_id,
    event_id,
    origin,
    payment_id,
    random_letters,
    refund_id,
)

SEQUENCES = st.integers(0, 26**4 - 1)


def test_ids_have_their_shape_and_differ() -> None:
    ids = [payment_id(random_letters) for _ in range(100)]
    assert all(PAYMENT_ID.fullmatch(value) for value in ids)
    assert len(set(ids)) == 100


def test_an_attempt_leaves_room_for_its_step_in_a_write_token_of_36() -> None:
    assert re.fullmatch("[a-z]{24}", attempt_id(random_letters))


@given(SEQUENCES)
def test_an_event_id_has_its_shape_and_is_always_the_same(sequence: int) -> None:
    payment = "pay_" + "q" * 24
    assert EVENT_ID.fullmatch(event_id(payment, sequence))
    assert event_id(payment, sequence) == event_id(payment, sequence)


@given(SEQUENCES, SEQUENCES)
def test_event_ids_of_a_payment_sort_as_they_happened(one: int, other: int) -> None:
    payment = "pay_" + "q" * 24
    assert (event_id(payment, one) < event_id(payment, other)) == (one < other)


@given(SEQUENCES)
def test_an_event_and_a_refund_lead_back_to_where_they_come_from(sequence: int) -> None:
    payment = payment_id(random_letters)
    assert REFUND_ID.fullmatch(refund_id(payment, sequence))
    assert origin(refund_id(payment, sequence)) == origin(event_id(payment, sequence)) == (payment, sequence)
