from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from payments.times import epoch, lease_end, parsed, rfc3339, utc_now

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
    assert rfc3339(parsed(rfc3339(moment))) == rfc3339(moment)


def test_epoch_seconds_are_whole() -> None:
    assert epoch(datetime(1970, 1, 1, 0, 1, 0, 999999, UTC)) == 60


@given(MOMENTS, st.integers(1, 900))
def test_a_lease_ends_after_its_seconds_and_within_one_more(moment: datetime, seconds: int) -> None:
    over = moment + timedelta(seconds=seconds)
    assert 0 < lease_end(epoch(moment), seconds) - over.timestamp() <= 1


def test_the_clock_knows_its_zone() -> None:
    assert utc_now().utcoffset() == timedelta(0)
