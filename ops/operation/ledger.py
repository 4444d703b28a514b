"""`payctl ledger verify`: a check of the ledger of all payments of an environment."""

import json
from dataclasses import asdict

import click
from botocore.exceptions import ClientError

from constructs_lib.settings.naming import Naming
from ops.errors import NEEDS_PERSON, Problem
from ops.progress import Waiting
from ops.target import resolve_target
from payments.operations import verify_ledger


def verify(name: str, *, local: bool, as_json: bool) -> int:
    """Checks that payments, ledger entries and refunds agree; returns 2 if any do not."""
    target = resolve_target(name, local=local)
    payments, found = 0, []
    try:
        with Waiting("verify the ledger", visible=not as_json) as waiting:
            for _, broken in verify_ledger(target.client("dynamodb"), Naming(name).prefix):
                payments += 1
                found += broken
                waiting.what = f"verify the ledger · {payments} payments"
    except ClientError as error:
        raise Problem(
            f"The table of {name} cannot be read: {error.response['Error']['Code']}.",
            hint=f"Is the environment deployed? ./payctl deploy {name}{target.flag}",
        ) from error
    if as_json:
        breaks = [asdict(one) for one in found]
        click.echo(json.dumps({"environment": name, "payments": payments, "breaks": breaks}))
    else:
        for one in found:
            click.echo(f"{one.payment}  {one.code:<26}  {one.detail}")
        click.echo(f"{payments} payments, {len(found)} breaks.")
        if found:
            click.echo("What to do: docs/runbook.md#ledger-breaks")
    return NEEDS_PERSON if found else 0
