"""Merchants' API keys."""

from __future__ import annotations

import json
import re
import sys
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
    """Issue a key and show its credential, which is stored nowhere."""
    credential, key = issue(resolve_target(name, local=local), merchant=merchant, scopes=scopes)
    if as_json:
        click.echo(json.dumps({"environment": name, **_shown(key), "api_key": credential}))
    else:
        click.echo(f"{credential}\nShown once. Key {key.key_id} of {key.merchant} may: {_scopes(key)}.")
    return 0


def show(name: str, *, merchant: str | None, local: bool, as_json: bool) -> int:
    """List the keys, of all merchants unless one is named."""
    target = resolve_target(name, local=local)
    with _told(target):
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
    """Take a key out of force."""
    if not KEY_ID.fullmatch(key_id):
        raise Problem(
            "That is no key id: it is 12 letters, the third part of a credential.",
            hint=f"Never pass a whole credential. The ids are in: payctl keys list {name}",
            code=NEEDS_PERSON,
        )
    target = resolve_target(name, local=local)
    with _told(target):
        key = _keys(target).revoke(key_id)
    if key is None:
        raise Problem(
            f"There is no key {key_id} in {name}.", hint=f"Look: ./payctl keys list {name}{target.flag}"
        )
    if as_json:
        cached = {"cached_seconds": AUTHORIZER_CACHE_SECONDS}
        click.echo(json.dumps({"environment": name, **_shown(key), **cached}))
    else:
        click.echo(
            f"Key {key.key_id} of {key.merchant} is revoked. API Gateway remembers what it allowed: "
            f"within {AUTHORIZER_CACHE_SECONDS} seconds the key is refused everywhere."
        )
    return 0


def issue(target: Target, *, merchant: str, scopes: Sequence[str] = ()) -> tuple[str, ApiKey]:
    """Store a new key of a merchant and return its credential; all scopes when none is named."""
    keys, now = _keys(target), datetime.now(UTC)
    try:
        with _told(target):
            return keys.issue(merchant, now, scopes) if scopes else keys.issue(merchant, now)
    except ValueError as error:
        raise Problem(f"No key was made: {error}.") from error


def local_key(target: Target, *, merchant: str) -> str:
    """The key that `up` keeps for a merchant of local AWS, issued when there is none."""
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
    """Drop what `local_key` kept: the table that it was in is gone."""
    _local_keys().unlink(missing_ok=True)


def _local_keys() -> Path:
    return checkout.state_folder() / "local-keys.json"


def _keys(target: Target) -> ApiKeys:
    handlers = str(checkout.ROOT / "handlers")
    if handlers not in sys.path:
        sys.path.append(handlers)
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
def _told(target: Target) -> Iterator[None]:
    """What AWS refuses, as a Problem."""
    try:
        yield
    except ClientError as error:
        raise Problem(
            f"The keys of {target.name} cannot be reached: "
            f"{error.operation_name} says {error.response['Error']['Code']}.",
            hint=f"Is the environment deployed? ./payctl deploy {target.name}{target.flag}",
        ) from error


def _shown(key: ApiKey) -> dict[str, Any]:
    """A key without salt and hash."""
    return {
        "key_id": key.key_id,
        "merchant": key.merchant,
        "scopes": list(key.scopes),
        "pepper_version": key.pepper,
        "created": key.created,
        "revoked": key.revoked,
    }


def _scopes(key: ApiKey) -> str:
    return ", ".join(key.scopes)


def _table(keys: Sequence[ApiKey]) -> None:
    """As wide as it has to be: a line that is cut cannot be copied."""
    heads = ("KEY", "MERCHANT", "STATE", "CREATED", "SCOPES", "PEPPER VERSION")
    rows = [
        (
            key.key_id,
            key.merchant,
            "revoked" if key.revoked else "in force",
            key.created,
            ",".join(key.scopes),
            key.pepper,
        )
        for key in keys
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
