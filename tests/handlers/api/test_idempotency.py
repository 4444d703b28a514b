import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.api.idempotency import (
    RETENTION_SECONDS,
    Answer,
    Record,
    digest,
    fingerprint,
    parse_key,
    resolve,
)
from payments.problems import Problem

PRINTABLE = st.text([chr(code) for code in range(32, 127)], min_size=1, max_size=255)
RECORD = Record(
    merchant="acme",
    digest="d",
    fingerprint="same",
    request_id="00000000-0000-4000-8000-000000000000",
    attempt="first",
    lease_until=130,
    expires_at=100 + RETENTION_SECONDS,
    payment="pay_" + "q" * 24,
    created="2026-03-01T12:00:00.000Z",
)


@given(PRINTABLE)
def test_a_quoted_key_of_any_printable_ascii_is_that_key(key: str) -> None:
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert parse_key([quoted]) == key


@given(PRINTABLE.filter(lambda key: '"' not in key and key.strip() == key))
def test_quoted_and_bare_are_one_key(key: str) -> None:
    assert parse_key([key]) == parse_key([f" {key}\t"]) == key


@pytest.mark.parametrize(
    "values",
    [
        [""],
        ['""'],
        ['"open'],
        ['mid"dle'],
        ['"bad \\escape"'],
        ['"a"; b=1'],
        ["tab\tin it"],
        ["nul\x00"],
        ["del\x7f"],
        ["clé"],
        ["x" * 256],
        ['"' + "x" * 256 + '"'],
        ["one", "two"],
    ],
)
def test_a_malformed_key_is_named(values: list[str]) -> None:
    with pytest.raises(Problem) as caught:
        parse_key(values)
    assert (caught.value.code, caught.value.param) == ("idempotency_key_invalid", "Idempotency-Key")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(Problem) as caught:
        parse_key([])
    assert (caught.value.code, caught.value.param) == ("idempotency_key_missing", "Idempotency-Key")


def test_the_longest_key_counts_without_its_quotes() -> None:
    assert parse_key(['"' + "x" * 255 + '"']) == parse_key(["x" * 255])


SCOPES = st.tuples(st.sampled_from(["POST", "GET"]), st.sampled_from(["/v1/a", "/v1/a/{id}"]), PRINTABLE)


@given(SCOPES, SCOPES)
def test_the_digest_is_of_method_and_route_and_key(one: Any, other: Any) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


VALUES: Any = st.integers(-3, 3) | st.text("ab", max_size=2) | st.dictionaries(st.text("ab"), st.text("ab"))
BODIES = st.dictionaries(st.text("ab", max_size=2), VALUES, max_size=3)


@given(BODIES, BODIES)
def test_the_fingerprint_is_of_what_the_body_says(one: Any, other: Any) -> None:
    assert (fingerprint({}, one) == fingerprint({}, other)) == (json.loads(json.dumps(one)) == other)


def test_the_fingerprint_is_also_of_the_path_values() -> None:
    assert fingerprint({"id": "a"}, {}) != fingerprint({"id": "b"}, {}) != fingerprint({}, {"id": "b"})


@given(st.integers(0, 300), st.booleans())
def test_a_finished_record_is_replayed_whenever_it_is_asked_for(now: int, released: bool) -> None:
    record = RECORD.released() if released else RECORD
    assert resolve(record.finished(Answer(201, "{}")), "same", now) == Answer(201, "{}")


@given(st.integers(0, 129))
def test_a_running_record_is_waited_for(now: int) -> None:
    with pytest.raises(Problem) as caught:
        resolve(RECORD, "same", now)
    assert (caught.value.status, caught.value.retry_after) == (409, 1)


@given(st.integers(130, 300))
def test_a_record_may_be_taken_over_once_its_lease_has_ended(now: int) -> None:
    assert resolve(RECORD, "same", now) is None


@given(st.integers(0, 300))
def test_a_released_record_may_be_taken_over_at_once(now: int) -> None:
    assert resolve(RECORD.released(), "same", now) is None


@given(st.integers(0, 300), st.sampled_from([RECORD, RECORD.released(), RECORD.finished(Answer(201, "{}"))]))
def test_another_request_never_gets_the_record(now: int, record: Record) -> None:
    with pytest.raises(Problem) as caught:
        resolve(record, "other", now)
    assert caught.value.status == 422


def test_taking_over_starts_lease_and_keeping_anew() -> None:
    after = RECORD.taken_over("second", now=1000, lease=30)
    assert (after.attempt, after.lease_until, after.expires_at) == ("second", 1031, 1000 + RETENTION_SECONDS)
    assert (after.payment, after.created) == (RECORD.payment, RECORD.created)
