"""What every store must do: the one in memory, which the other tests trust, and the real table."""

from dataclasses import replace

import pytest

from payments import changes
from payments.adapters.table import Table
from payments.gateway import Approved
from payments.idempotency import Answer, Record
from payments.ids import random_letters
from payments.store import Store, Unavailable
from tests.handlers.support import MemoryStore
from tests.handlers.test_changes import NOW, PAYMENT
from tests.handlers.test_idempotency import RECORD

KEPT = RECORD.expires_at - 1  # epoch seconds at which the record still counts
OPENED = changes.opened(PAYMENT)
SETTLED = changes.settled(PAYMENT, Approved("ch_a"), NOW)
ANSWER = Answer(201, '{"a":"é"}')
ELSE = changes.opened(replace(PAYMENT, id="pay_" + "z" * 24))


@pytest.fixture(params=["memory", pytest.param("table", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return Table(request.getfixturevalue("dynamodb"), request.getfixturevalue("table_name"))


@pytest.fixture
def record() -> Record:
    """With an attempt of its own: a write's token is known to all tables of an account."""
    return replace(RECORD, attempt=random_letters(24))


def other(record: Record) -> Record:
    """The same key, tried by someone else."""
    return replace(record, attempt=random_letters(24), payment=ELSE.payment.id)


def test_a_first_claim_is_written_with_its_payment(store: Store, record: Record) -> None:
    assert store.claim(record, OPENED, KEPT) is None
    assert store.payment(PAYMENT.id) == PAYMENT


def test_a_second_claim_gets_the_first_and_writes_nothing(store: Store, record: Record) -> None:
    store.claim(record, OPENED, KEPT)
    assert store.claim(other(record), ELSE, KEPT) == record
    assert store.payment(ELSE.payment.id) is None


def test_a_claim_of_an_expired_key_is_a_first_one(store: Store, record: Record) -> None:
    store.claim(record, OPENED, KEPT)
    assert store.claim(other(record), ELSE, KEPT + 1) is None
    assert store.payment(ELSE.payment.id) == ELSE.payment


def test_a_claim_for_a_payment_that_is_there_is_not_written(store: Store, record: Record) -> None:
    store.claim(record, OPENED, KEPT)
    with pytest.raises(Unavailable):
        store.claim(replace(other(record), digest="other"), OPENED, KEPT)


def test_the_holder_commits_and_the_answer_stays(store: Store, record: Record) -> None:
    store.claim(record, OPENED, KEPT)
    done = record.done(ANSWER)
    assert store.replace(done, held_by=record.attempt, change=SETTLED) is None
    assert store.payment(PAYMENT.id) == SETTLED.payment
    taken = record.taken_over(random_letters(24), KEPT, 30)
    assert store.replace(taken, held_by=record.attempt) == done


def test_whoever_does_not_hold_the_record_commits_nothing(store: Store, record: Record) -> None:
    store.claim(record, OPENED, KEPT)
    taken = record.taken_over(random_letters(24), KEPT, 30)
    assert store.replace(taken, held_by=record.attempt) is None
    assert store.replace(record.done(ANSWER), held_by=record.attempt, change=SETTLED) == taken
    assert store.payment(PAYMENT.id) == PAYMENT


def test_a_change_of_another_version_is_not_written(store: Store, record: Record) -> None:
    store.claim(record, OPENED, KEPT)
    stale = changes.settled(replace(PAYMENT, version=7), Approved("ch_a"), NOW)
    with pytest.raises(Unavailable):
        store.replace(record.done(ANSWER), held_by=record.attempt, change=stale)
    assert store.payment(PAYMENT.id) == PAYMENT
    assert store.claim(other(record), ELSE, KEPT) == record


def test_a_record_that_is_gone_cannot_be_finished(store: Store, record: Record) -> None:
    with pytest.raises(Unavailable):
        store.replace(record.done(ANSWER), held_by=record.attempt, change=SETTLED)


def test_a_payment_that_never_was_is_none(store: Store) -> None:
    assert store.payment(PAYMENT.id) is None
