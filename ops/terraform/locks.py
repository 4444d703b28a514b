"""Locks on Terraform's state: who holds them, and freeing one whose holder is gone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click
from botocore.exceptions import ClientError

from ops.errors import NEEDS_PERSON, Problem
from ops.progress import say
from ops.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One lock: an item of the table, or S3's own lock file."""

    place: str
    id: str
    who: str
    created: str
    operation: str

    def __str__(self) -> str:
        return f"{self.place}: {self.operation} by {self.who} since {self.created} (lock {self.id})"


def held(target: Target, state_key: str) -> tuple[Lock, ...]:
    """The locks on a state, of both kinds."""
    return tuple(_table_lock(target, state_key)) + tuple(_file_lock(target, state_key))


def unlock(target: Target, state_key: str, *, yes: bool) -> int:
    """Show who holds the state and since when, ask, and free it.

    Both kinds of lock are removed only if they are still the ones that were shown.
    """
    locks = held(target, state_key)
    if not locks:
        say(f"The state of {target.name} is not locked.")
        return 0
    for lock in locks:
        say(str(lock))
    if not yes:
        if not sys.stdin.isatty():
            raise Problem("Nobody is there to ask.", hint="Add --yes.", code=NEEDS_PERSON)
        click.confirm("Is that run certainly over? Two at once destroy the state. Free it", abort=True)
    for lock in locks:
        _free(target, state_key, lock)
    say(f"The state of {target.name} is free.")
    return 0


def _table_lock(target: Target, state_key: str) -> Iterator[Lock]:
    item = (
        target.client("dynamodb")
        .get_item(
            TableName=target.environment.state.table, Key=_table_key(target, state_key), ConsistentRead=True
        )
        .get("Item")
    )
    if item and "Info" in item:
        yield _lock(f"table {target.environment.state.table}", item["Info"]["S"])


def _file_lock(target: Target, state_key: str) -> Iterator[Lock]:
    try:
        found = target.client("s3").get_object(
            Bucket=target.environment.state.bucket, Key=_lock_file(state_key)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return
    yield _lock(f"file s3://{target.environment.state.bucket}/{_lock_file(state_key)}", found["Body"].read())


def _lock(place: str, text: str | bytes) -> Lock:
    try:
        info: dict[str, Any] = json.loads(text)
    except ValueError:
        info = {}  # a lock that was cut off while it was written is a lock all the same
    return Lock(
        place=place,
        id=info.get("ID", "unknown"),
        who=info.get("Who", "somebody"),
        created=info.get("Created", "an unknown time").partition(".")[0],
        operation=info.get("Operation", "an operation").removeprefix("OperationType").lower(),
    )


def _free(target: Target, state_key: str, lock: Lock) -> None:
    now = {found.place: found for found in held(target, state_key)}
    if now.get(lock.place) != lock:
        return
    if lock.place.startswith("table"):
        target.client("dynamodb").delete_item(
            TableName=target.environment.state.table, Key=_table_key(target, state_key)
        )
    else:
        target.client("s3").delete_object(Bucket=target.environment.state.bucket, Key=_lock_file(state_key))


def _table_key(target: Target, state_key: str) -> dict[str, Any]:
    return {"LockID": {"S": f"{target.environment.state.bucket}/{state_key}"}}


def _lock_file(state_key: str) -> str:
    return f"{state_key}.tflock"
