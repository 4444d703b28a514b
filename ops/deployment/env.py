"""`payctl env`: the variables under which cdktf and terraform run here, for a shell."""

import os
import shlex

import click

from ops import checkout
from ops.setup import toolchain


def show(*, local: bool) -> None:
    """Prints `export NAME=value` lines for `eval`; with `local`, AWS clients use local AWS."""
    variables = toolchain.exports()
    if local:
        from ops.local import engine
        from ops.target import LOCAL_ACCOUNT

        variables |= engine.environment(engine.start(checkout.ROOT), LOCAL_ACCOUNT)
    for name, value in variables.items():
        if os.environ.get(name) != value:
            click.echo(f"export {name}={shlex.quote(value)}")
    click.echo("unset TF_WORKSPACE")
