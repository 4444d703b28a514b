"""Merchants' API keys."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import ClientError

from constructs_lib.naming import Naming
from ops import checkout
from ops.errors import Problem
from ops.target import Target, target


def create(name: str, *, merchant: str, scopes: Sequence[str], local: bool, as_json: bool) -> int:
    """Issue a key and show its credential, which is stored nowhere."""
    place = target(name, local=local)
    credential = issue(place, merchant=merchant, scopes=scopes)
    if as_json:
        click.echo(json.dumps({"environment": name, "merchant": merchant, "api_key": credential}))
    else:
        click.echo(f"{credential}\nShown once. Revoke it when it is not needed any more.")
    return 0


def issue(place: Target, *, merchant: str, scopes: Sequence[str] = ()) -> str:
    """Store a new key of a merchant and return its credential; all scopes when none is named."""
    handlers = str(checkout.ROOT / "handlers")
    if handlers not in sys.path:
        sys.path.append(handlers)
    from payments.operations import issue_api_key
    from payments.pepper import Pepper

    chosen = {"scopes": tuple(scopes)} if scopes else {}
    try:
        key = issue_api_key(
            environment=place.name,
            merchant=merchant,
            pepper=Pepper(**_pepper(place)),
            now=datetime.now(UTC),
            **chosen,
        )
    except ValueError as error:
        raise Problem(f"No key was made: {error}.") from error
    place.client("dynamodb").put_item(
        TableName=Naming(place.name).prefix,
        Item=key.item,
        ConditionExpression="attribute_not_exists(pk)",
    )
    return key.credential


def local_key(place: Target, *, merchant: str) -> str:
    """The key that `up` keeps for a merchant of local AWS, issued when there is none."""
    file = _local_keys()
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    slot = f"{place.variables['AWS_SECRET_ACCESS_KEY']}/{place.name}/{merchant}"
    if slot not in kept:
        kept = {slot: issue(place, merchant=merchant)}
        file.touch(mode=0o600)
        file.write_text(json.dumps(kept))
    return str(kept[slot])


def forget_local_keys() -> None:
    """Drop what `local_key` kept: the table that it was in is gone."""
    _local_keys().unlink(missing_ok=True)


def _local_keys() -> Path:
    return checkout.state_folder() / "local-keys.json"


def _pepper(place: Target) -> dict[str, str]:
    try:
        secret = place.client("secretsmanager").get_secret_value(SecretId=Naming(place.name).secret("pepper"))
    except ClientError as error:
        raise Problem(
            f"The pepper of {place.name} cannot be read: {error.response['Error']['Code']}.",
            hint=f"Is the environment deployed? ./payctl deploy {place.name}{place.flag}",
        ) from error
    return {"version": secret["VersionId"], "value": secret["SecretString"]}
