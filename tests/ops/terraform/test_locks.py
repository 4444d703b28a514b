from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest

from ops.errors import NEEDS_PERSON, Problem
from ops.target import Target
from ops.terraform import locks

STATE = "environments/dev/payments-dev.tfstate"
INFO = {
    "ID": "4711",
    "Operation": "OperationTypeApply",
    "Who": "ann@laptop",
    "Created": "2026-01-02T03:04:05.678Z",
}


@pytest.fixture(autouse=True)
def backend(place: Target) -> Iterator[None]:
    s3, dynamodb = place.client("s3"), place.client("dynamodb")
    bucket, table = place.environment.state.bucket, place.environment.state.table
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield
    s3.delete_object(Bucket=bucket, Key=f"{STATE}.tflock")
    s3.delete_bucket(Bucket=bucket)
    dynamodb.delete_table(TableName=table)


def _lock_table(place: Target, info: object = INFO) -> None:
    place.client("dynamodb").put_item(
        TableName=place.environment.state.table,
        Item={
            "LockID": {"S": f"{place.environment.state.bucket}/{STATE}"},
            "Info": {"S": json.dumps(info)},
        },
    )


def _lock_file(place: Target, text: str) -> None:
    place.client("s3").put_object(
        Bucket=place.environment.state.bucket, Key=f"{STATE}.tflock", Body=text.encode()
    )


def test_both_kinds_of_lock_are_named_with_holder_and_time(place: Target) -> None:
    _lock_table(place)
    _lock_file(place, json.dumps(INFO))
    assert [str(lock) for lock in locks.held(place, STATE)] == [
        "table payments-terraform-locks: apply by ann@laptop since 2026-01-02T03:04:05 (lock 4711)",
        f"file s3://payments-terraform-state/{STATE}.tflock: "
        "apply by ann@laptop since 2026-01-02T03:04:05 (lock 4711)",
    ]


def test_freeing_removes_both_and_says_so(place: Target, capsys: pytest.CaptureFixture[str]) -> None:
    _lock_table(place)
    _lock_file(place, json.dumps(INFO))
    assert locks.unlock(place, STATE, yes=True) == 0
    assert locks.held(place, STATE) == ()
    assert "The state of dev is free." in capsys.readouterr().err


def test_a_lock_cut_off_while_it_was_written_is_still_a_lock(place: Target) -> None:
    _lock_file(place, '{"ID": "47')
    [lock] = locks.held(place, STATE)
    assert (lock.id, lock.who) == ("unknown", "somebody")
    locks.unlock(place, STATE, yes=True)
    assert locks.held(place, STATE) == ()


def test_a_state_without_a_lock_needs_no_freeing(place: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert locks.unlock(place, STATE, yes=False) == 0
    assert "The state of dev is not locked." in capsys.readouterr().err


def test_the_digest_that_terraform_keeps_beside_the_lock_is_no_lock(place: Target) -> None:
    place.client("dynamodb").put_item(
        TableName=place.environment.state.table,
        Item={
            "LockID": {"S": f"{place.environment.state.bucket}/{STATE}-md5"},
            "Digest": {"S": "d41d8cd98f00b204e9800998ecf8427e"},
        },
    )
    assert locks.held(place, STATE) == ()


def test_without_a_person_or_yes_nothing_is_freed(place: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    _lock_table(place)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(Problem, match="Nobody is there to ask") as problem:
        locks.unlock(place, STATE, yes=False)
    assert problem.value.code == NEEDS_PERSON
    assert len(locks.held(place, STATE)) == 1


def test_a_person_who_says_no_frees_nothing(place: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    _lock_table(place)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _: "n")
    with pytest.raises(click.Abort):
        locks.unlock(place, STATE, yes=False)
    assert len(locks.held(place, STATE)) == 1


def test_a_lock_that_changed_hands_meanwhile_is_left_alone(place: Target) -> None:
    _lock_table(place)
    [seen] = locks.held(place, STATE)
    _lock_table(place, {**INFO, "ID": "4712", "Who": "bob@ci"})
    locks._free(place, STATE, seen)
    assert [lock.who for lock in locks.held(place, STATE)] == ["bob@ci"]
