"""The contract of a store, tested with the store in memory and with the real table."""

from dataclasses import replace

import pytest

from payments import changes
from payments.adapters.table import Table
from payments.api.idempotency import Answer, Record
from payments.formats import random_id, refund_id
from payments.payment import Approved, Done, Operation, Unknown
from payments.ports import Changed, Store
from tests.handlers.api.test_idempotency import RECORD
from tests.handlers.support import MemoryStore
from tests.handlers.test_changes import MOMENT, PAYMENT, pending

RETENTION = RECORD.expires_at - 1  # epoch seconds at which the record still counts
OPENED = changes.create(PAYMENT)
SETTLED = changes.apply_outcome(PAYMENT, Approved("ch_a"), MOMENT)
ANSWER = Answer(201, '{"a":"é"}')
ELSE = changes.create(replace(PAYMENT, id="pay_" + "z" * 24))


@pytest.fixture(params=["memory", pytest.param("table", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return Table(request.getfixturevalue("dynamodb"), request.getfixturevalue("table_name"))


@pytest.fixture
def record() -> Record:
    """Returns a record with an attempt of its own: a write's token is known to all tables of an account."""
    return replace(RECORD, attempt=random_id(24))


def other(record: Record) -> Record:
    """Returns a record of the same key, held by another attempt."""
    return replace(record, attempt=random_id(24), payment=ELSE.payment.id)


def test_a_first_claim_is_written_with_its_payment(store: Store, record: Record) -> None:
    assert store.claim(record, OPENED, RETENTION) is None
    assert store.payment(PAYMENT.id) == PAYMENT


def test_a_second_claim_gets_the_first_and_writes_nothing(store: Store, record: Record) -> None:
    store.claim(record, OPENED, RETENTION)
    assert store.claim(other(record), ELSE, RETENTION) == record
    assert store.payment(ELSE.payment.id) is None


def test_a_claim_of_an_expired_key_is_a_first_one(store: Store, record: Record) -> None:
    store.claim(record, OPENED, RETENTION)
    assert store.claim(other(record), ELSE, RETENTION + 1) is None
    assert store.payment(ELSE.payment.id) == ELSE.payment


def test_a_claim_for_a_payment_that_is_there_is_not_written(store: Store, record: Record) -> None:
    store.claim(record, OPENED, RETENTION)
    with pytest.raises(Changed):
        store.claim(replace(other(record), digest="other"), OPENED, RETENTION)


def test_the_holder_commits_and_the_answer_stays(store: Store, record: Record) -> None:
    store.claim(record, OPENED, RETENTION)
    done = record.finished(ANSWER)
    assert store.replace(done, held_by=record.attempt, change=SETTLED) is None
    assert store.payment(PAYMENT.id) == SETTLED.payment
    taken_over = record.taken_over(random_id(24), RETENTION, 30)
    assert store.replace(taken_over, held_by=record.attempt) == done


def test_whoever_does_not_hold_the_record_commits_nothing(store: Store, record: Record) -> None:
    store.claim(record, OPENED, RETENTION)
    taken_over = record.taken_over(random_id(24), RETENTION, 30)
    assert store.replace(taken_over, held_by=record.attempt) is None
    assert store.replace(record.finished(ANSWER), held_by=record.attempt, change=SETTLED) == taken_over
    assert store.payment(PAYMENT.id) == PAYMENT


def test_a_change_of_another_version_is_not_written(store: Store, record: Record) -> None:
    store.claim(record, OPENED, RETENTION)
    stale = changes.apply_outcome(replace(PAYMENT, version=7), Approved("ch_a"), MOMENT)
    with pytest.raises(Changed):
        store.replace(record.finished(ANSWER), held_by=record.attempt, change=stale)
    assert store.payment(PAYMENT.id) == PAYMENT
    assert store.claim(other(record), ELSE, RETENTION) == record


def test_a_record_that_is_gone_cannot_be_finished(store: Store, record: Record) -> None:
    with pytest.raises(Changed):
        store.replace(record.finished(ANSWER), held_by=record.attempt, change=SETTLED)


BEGUN = changes.start_operation(SETTLED.payment, pending(Operation.CANCEL), due=9)


def test_a_record_may_be_claimed_with_the_next_version_of_a_payment(store: Store, record: Record) -> None:
    store.claim(record, OPENED, RETENTION)
    store.replace(record.finished(ANSWER), held_by=record.attempt, change=SETTLED)
    second = replace(other(record), digest="second")
    assert store.claim(second, BEGUN, RETENTION) is None
    assert store.payment(PAYMENT.id) == BEGUN.payment
    third = replace(other(record), digest="third")
    with pytest.raises(Changed):
        store.claim(third, BEGUN, RETENTION)
    assert store.record("acme", "third") is None
    assert store.claim(replace(third, digest="second"), BEGUN, RETENTION) == second


def test_a_change_without_a_record_is_written_over_the_version_before_it_only(
    store: Store, record: Record
) -> None:
    store.claim(record, OPENED, RETENTION)
    store.write(SETTLED, random_id(24))
    assert store.payment(PAYMENT.id) == SETTLED.payment
    with pytest.raises(Changed):
        store.write(SETTLED, random_id(24))


def test_a_refund_is_kept_beside_its_payment_and_resolved_once(store: Store, record: Record) -> None:
    store.claim(record, OPENED, RETENTION)
    store.write(SETTLED, random_id(24))
    refund_pending = pending(Operation.REFUND, 5, refund=refund_id(PAYMENT.id, 1), reason="é")
    assert refund_pending.refund
    change = changes.start_operation(SETTLED.payment, refund_pending, due=9)
    for outcome in (Unknown(), Done()):
        store.write(change, random_id(24))
        change = changes.apply_outcome(change.payment, outcome, MOMENT)
        assert store.refund(refund_pending.refund) != change.refund
    store.write(change, random_id(24))
    assert store.refund(refund_pending.refund) == change.refund
    assert store.payment(PAYMENT.id) == change.payment
    assert store.refund(refund_id(PAYMENT.id, 2)) is None


def test_a_record_is_read_as_it_was_written(store: Store, record: Record) -> None:
    assert store.record("acme", record.digest) is None
    store.claim(record, OPENED, RETENTION)
    assert store.record("acme", record.digest) == record
    assert store.record("globex", record.digest) is None


def test_a_payment_that_never_was_is_none(store: Store) -> None:
    assert store.payment(PAYMENT.id) is None
