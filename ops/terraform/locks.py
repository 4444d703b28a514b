"""Terraform's locks on a state: who holds them, and freeing one that a killed Terraform left behind."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click
from botocore.exceptions import ClientError

from ops.errors import NEEDS_PERSON, Problem
from ops.progress import say
from ops.target import Target
from ops.terraform.failures import Locked

ABSENT = frozenset(
    {"404", "NoSuchBucket", "NoSuchEntity", "NoSuchKey", "NotFound", "ResourceNotFoundException"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Represents a lock on a state: an item of the lock table, or S3's own lock file."""

    state_key: str
    location: str
    in_table: bool
    id: str
    who: str
    created: str
    operation: str

    def __str__(self) -> str:
        return f"{self.location}: {self.operation} by {self.who} since {self.created} (lock {self.id})"


def find(target: Target, state_key: str) -> tuple[Lock, ...]:
    """Returns the locks of both kinds on a state."""
    table, file = target.environment.state.table, _lock_file(target, state_key)
    key = _table_key(target, state_key)
    answer = unless_absent(target.client("dynamodb").get_item, TableName=table, Key=key, ConsistentRead=True)
    locks = []
    if answer and "Info" in answer.get("Item", {}):
        locks.append(_lock(state_key, f"table {table}", answer["Item"]["Info"]["S"], in_table=True))
    if found := unless_absent(target.client("s3").get_object, **file):
        location = f"file s3://{file['Bucket']}/{file['Key']}"
        locks.append(_lock(state_key, location, found["Body"].read(), in_table=False))
    return tuple(locks)


def unless_absent(call: Callable[..., Any], **arguments: Any) -> Any | None:
    """Returns the response of AWS to a call, or None if the named resource does not exist."""
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return None
        raise


def unlock(target: Target, state_keys: Sequence[str], *, yes: bool) -> int:
    """Shows who holds the states and since when, asks for confirmation, and frees them.

    A lock is deleted only if it is still the one that was shown.
    """
    locks = [lock for state_key in state_keys for lock in find(target, state_key)]
    if not locks:
        say(f"The state of {target.name} is not locked.")
        return 0
    for lock in locks:
        say(str(lock))
    if not yes:
        if not sys.stdin.isatty():
            raise Problem("Freeing a lock needs a confirmation.", hint="Add --yes.", code=NEEDS_PERSON)
        click.confirm("Has that run ended? Two runs at once destroy the state. Free it", abort=True)
    for lock in locks:
        _free(target, lock)
    say(f"The state of {target.name} is free.")
    return 0


def retry_without_stale_lock[Result](target: Target, state_key: str, work: Callable[[], Result]) -> Result:
    """Runs `work`; on local AWS frees a lock that a killed Terraform left, and retries once.

    Call it only while an exclusive lock keeps every other Terraform from this state.
    """
    try:
        return work()
    except Locked:
        if not target.local:
            raise
    say("A killed Terraform left a lock:")
    unlock(target, [state_key], yes=True)
    return work()


def _lock(state_key: str, location: str, text: str | bytes, *, in_table: bool) -> Lock:
    try:
        info: dict[str, Any] = json.loads(text)
    except ValueError:
        info = {}  # a lock whose writing was cut off still locks
    return Lock(
        state_key=state_key,
        location=location,
        in_table=in_table,
        id=info.get("ID", "unknown"),
        who=info.get("Who", "an unknown user"),
        created=info.get("Created", "an unknown time").partition(".")[0],
        operation=info.get("Operation", "an operation").removeprefix("OperationType").lower(),
    )


def _free(target: Target, lock: Lock) -> None:
    if lock not in find(target, lock.state_key):
        return
    if lock.in_table:
        key = _table_key(target, lock.state_key)
        target.client("dynamodb").delete_item(TableName=target.environment.state.table, Key=key)
    else:
        target.client("s3").delete_object(**_lock_file(target, lock.state_key))


def _table_key(target: Target, state_key: str) -> dict[str, Any]:
    return {"LockID": {"S": f"{target.environment.state.bucket}/{state_key}"}}


def _lock_file(target: Target, state_key: str) -> dict[str, str]:
    return {"Bucket": target.environment.state.bucket, "Key": f"{state_key}.tflock"}
