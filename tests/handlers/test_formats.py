import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.formats import (
    EVENT_ID,
    PAYMENT_ID,
    REFUND_ID,
    MalformedJson,
    attempt_id,
    canonical_json,
    epoch,
    event_id,
    from_json,
    lease_end,
    payment_and_sequence,
    payment_id,
    random_id,
    refund_id,
    rfc3339,
    to_json,
    utc_now,
)

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_what_is_written_reads_back(value: object) -> None:
    assert from_json(to_json(value)) == value


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_the_canonical_form_does_not_depend_on_order_or_spaces(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical_json(from_json(json.dumps(turned, indent=2))) == canonical_json(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":1}}',
        "NaN",
        "[-Infinity]",
        '"\\ud800"',
        '{"\\udc00":1}',
        '"\udcff"',
        "1" * 5000,
        "[" * 100_000,
    ],
)
def test_text_that_two_parsers_may_read_differently_is_malformed(text: str) -> None:
    with pytest.raises(MalformedJson):
        from_json(text)


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert rfc3339(datetime(2026, 3, 1, 21, 0, 0, 123999, tokyo)) == "2026-03-01T12:00:00.123Z"
    assert rfc3339(datetime(2026, 3, 1, 12, 0, 0, 0, UTC)) == "2026-03-01T12:00:00.000Z"


@given(MOMENTS, MOMENTS)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    assert one > other or rfc3339(one) <= rfc3339(other)


@given(MOMENTS)
def test_what_is_written_reads_as_the_same_millisecond(moment: datetime) -> None:
    assert rfc3339(datetime.fromisoformat(rfc3339(moment))) == rfc3339(moment)


def test_epoch_seconds_are_whole() -> None:
    assert epoch(datetime(1970, 1, 1, 0, 1, 0, 999999, UTC)) == 60


@given(MOMENTS, st.integers(1, 900))
def test_a_lease_ends_after_its_seconds_and_within_one_more(moment: datetime, seconds: int) -> None:
    over = moment + timedelta(seconds=seconds)
    assert 0 < lease_end(epoch(moment), seconds) - over.timestamp() <= 1


def test_the_clock_knows_its_zone() -> None:
    assert utc_now().utcoffset() == timedelta(0)


SEQUENCES = st.integers(0, 26**4 - 1)


def test_ids_have_their_shape_and_differ() -> None:
    ids = [payment_id(random_id) for _ in range(100)]
    assert all(PAYMENT_ID.fullmatch(value) for value in ids)
    assert len(set(ids)) == 100


def test_an_attempt_leaves_room_for_its_step_in_a_write_token_of_36() -> None:
    assert re.fullmatch("[a-z]{24}", attempt_id(random_id))


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
    payment = payment_id(random_id)
    assert REFUND_ID.fullmatch(refund_id(payment, sequence))
    assert (
        payment_and_sequence(refund_id(payment, sequence))
        == payment_and_sequence(event_id(payment, sequence))
        == (payment, sequence)
    )
