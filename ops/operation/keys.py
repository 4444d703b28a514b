"""`payctl keys`: API keys of merchants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from botocore.exceptions import ClientError

from constructs_lib.aws.api.api_contract import AUTHORIZER_CACHE_SECONDS
from constructs_lib.settings.naming import Naming
from ops import checkout
from ops.errors import NEEDS_PERSON, Problem
from ops.target import Target, resolve_target

if TYPE_CHECKING:
    from payments.operations import ApiKey, ApiKeys

KEY_ID = re.compile(r"[A-Za-z]{12}")


def create(name: str, *, merchant: str, scopes: Sequence[str], local: bool, as_json: bool) -> int:
    """Issues a key and prints its credential, which is not stored."""
    credential, key = issue(resolve_target(name, local=local), merchant=merchant, scopes=scopes)
    if as_json:
        click.echo(json.dumps({"environment": name, **_shown(key), "api_key": credential}))
    else:
        click.echo(
            f"{credential}\nShown once. Key {key.key_id} of {key.merchant} may: {', '.join(key.scopes)}."
        )
    return 0


def show(name: str, *, merchant: str | None, local: bool, as_json: bool) -> int:
    """Lists the keys of one merchant or of all."""
    target = resolve_target(name, local=local)
    with _aws_problems(target):
        keys = [key for key in _keys(target).list() if merchant in (None, key.merchant)]
    if as_json:
        click.echo(json.dumps({"environment": name, "keys": [_shown(key) for key in keys]}))
    elif not keys:
        whose = f" of {merchant}" if merchant else ""
        click.echo(f"There are no keys{whose}: payctl keys create {name}{target.flag} --merchant NAME")
    else:
        _table(keys)
    return 0


def revoke(name: str, key_id: str, *, local: bool, as_json: bool) -> int:
    """Revokes a key."""
    if not KEY_ID.fullmatch(key_id):
        raise Problem(
            "A key id has 12 characters a-z and A-Z: the third part of a credential.",
            hint=f"Never pass a whole credential. List the ids: payctl keys list {name}",
            code=NEEDS_PERSON,
        )
    target = resolve_target(name, local=local)
    with _aws_problems(target):
        key = _keys(target).revoke(key_id)
    if key is None:
        raise Problem(
            f"There is no key {key_id} in {name}.",
            hint=f"List the keys: ./payctl keys list {name}{target.flag}",
        )
    if as_json:
        cached = {"cached_seconds": AUTHORIZER_CACHE_SECONDS}
        click.echo(json.dumps({"environment": name, **_shown(key), **cached}))
    else:
        click.echo(
            f"Key {key.key_id} of {key.merchant} is revoked. API Gateway caches an authorization for "
            f"{AUTHORIZER_CACHE_SECONDS} seconds."
        )
    return 0


def issue(target: Target, *, merchant: str, scopes: Sequence[str] = ()) -> tuple[str, ApiKey]:
    """Stores a new key of a merchant and returns its credential; without scopes, the key has all of them."""
    keys, now = _keys(target), datetime.now(UTC)
    try:
        with _aws_problems(target):
            return keys.issue(merchant, now, scopes) if scopes else keys.issue(merchant, now)
    except ValueError as error:
        raise Problem(f"No key was issued: {error}.") from error


def local_key(target: Target, *, merchant: str) -> str:
    """Returns the key that `up` stores for a merchant of local AWS, and issues it first if there is none."""
    file = _local_keys()
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    slot = f"{target.variables['AWS_SECRET_ACCESS_KEY']}/{target.name}/{merchant}"
    if slot not in kept:
        credential, _ = issue(target, merchant=merchant)
        kept = {slot: credential}
        file.touch(mode=0o600)
        file.write_text(json.dumps(kept))
    return str(kept[slot])


def forget_local_keys() -> None:
    """Deletes the keys of a local AWS whose table is gone."""
    _local_keys().unlink(missing_ok=True)


def _local_keys() -> Path:
    return checkout.state_folder() / "local-keys.json"


def _keys(target: Target) -> ApiKeys:
    from payments.operations import ApiKeys

    naming = Naming(target.name)
    return ApiKeys(
        environment=target.name,
        dynamodb=target.client("dynamodb"),
        table=naming.prefix,
        secrets=target.client("secretsmanager"),
        pepper=naming.secret("pepper"),
    )


@contextmanager
def _aws_problems(target: Target) -> Iterator[None]:
    """Turns an error of AWS into a Problem."""
    try:
        yield
    except ClientError as error:
        raise Problem(
            f"The keys of {target.name} cannot be reached: "
            f"{error.operation_name} failed with {error.response['Error']['Code']}.",
            hint=f"Is the environment deployed? ./payctl deploy {target.name}{target.flag}",
        ) from error


def _shown(key: ApiKey) -> dict[str, Any]:
    """Returns a key without salt and hash."""
    return {
        "key_id": key.key_id,
        "merchant": key.merchant,
        "scopes": list(key.scopes),
        "pepper_version": key.pepper,
        "created": key.created,
        "revoked": key.revoked,
    }


def _table(keys: Sequence[ApiKey]) -> None:
    """Prints a table whose lines are never cut, so that they can be copied."""
    heads = ("KEY", "MERCHANT", "STATE", "CREATED", "SCOPES", "PEPPER VERSION")
    rows = [
        (
            key.key_id,
            key.merchant,
            "revoked" if key.revoked else "active",
            key.created,
            ",".join(key.scopes),
            key.pepper,
        )
        for key in keys
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
