from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

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
def backend(target: Target) -> Iterator[None]:
    s3, dynamodb = target.client("s3"), target.client("dynamodb")
    bucket, table = target.environment.state.bucket, target.environment.state.table
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


def _lock_table(target: Target, info: object = INFO) -> None:
    target.client("dynamodb").put_item(
        TableName=target.environment.state.table,
        Item={
            "LockID": {"S": f"{target.environment.state.bucket}/{STATE}"},
            "Info": {"S": json.dumps(info)},
        },
    )


def _lock_file(target: Target, text: str) -> None:
    target.client("s3").put_object(
        Bucket=target.environment.state.bucket, Key=f"{STATE}.tflock", Body=text.encode()
    )


def test_both_kinds_of_lock_are_named_with_holder_and_time(target: Target) -> None:
    _lock_table(target)
    _lock_file(target, json.dumps(INFO))
    assert [str(lock) for lock in locks.find(target, STATE)] == [
        "table payments-terraform-locks: apply by ann@laptop since 2026-01-02T03:04:05 (lock 4711)",
        f"file s3://payments-terraform-state/{STATE}.tflock: "
        "apply by ann@laptop since 2026-01-02T03:04:05 (lock 4711)",
    ]


def test_freeing_removes_both_and_says_so(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    _lock_table(target)
    _lock_file(target, json.dumps(INFO))
    assert locks.unlock(target, [STATE], yes=True) == 0
    assert locks.find(target, STATE) == ()
    assert "The state of dev is free." in capsys.readouterr().err


def test_a_lock_cut_off_while_it_was_written_is_still_a_lock(target: Target) -> None:
    _lock_file(target, '{"ID": "47')
    [lock] = locks.find(target, STATE)
    assert (lock.id, lock.who) == ("unknown", "an unknown user")
    locks.unlock(target, [STATE], yes=True)
    assert locks.find(target, STATE) == ()


def test_a_state_without_a_lock_needs_no_freeing(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert locks.unlock(target, [STATE], yes=False) == 0
    assert "The state of dev is not locked." in capsys.readouterr().err


def test_the_digest_that_terraform_keeps_beside_the_lock_is_no_lock(target: Target) -> None:
    target.client("dynamodb").put_item(
        TableName=target.environment.state.table,
        Item={
            "LockID": {"S": f"{target.environment.state.bucket}/{STATE}-md5"},
            "Digest": {"S": "d41d8cd98f00b204e9800998ecf8427e"},
        },
    )
    assert locks.find(target, STATE) == ()


def test_without_a_person_or_yes_nothing_is_freed(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    _lock_table(target)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(Problem, match="needs a confirmation") as problem:
        locks.unlock(target, [STATE], yes=False)
    assert problem.value.code == NEEDS_PERSON
    assert len(locks.find(target, STATE)) == 1


def test_a_person_who_says_no_frees_nothing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    _lock_table(target)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _: "n")
    with pytest.raises(click.Abort):
        locks.unlock(target, [STATE], yes=False)
    assert len(locks.find(target, STATE)) == 1


def test_a_lock_that_changed_hands_meanwhile_is_left_alone(target: Target) -> None:
    _lock_table(target)
    [seen] = locks.find(target, STATE)
    _lock_table(target, {**INFO, "ID": "4712", "Who": "bob@ci"})
    locks._free(target, seen)
    assert [lock.who for lock in locks.find(target, STATE)] == ["bob@ci"]


def test_a_state_whose_table_and_bucket_are_missing_is_not_locked(target: Target) -> None:
    state = replace(target.environment.state, bucket="no-such-bucket", table="no-such-table")
    absent = replace(target, environment=replace(target.environment, state=state))
    assert locks.find(absent, STATE) == ()
