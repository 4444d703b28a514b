"""`payctl env`: the variables under which cdktf and terraform run here, for a shell."""

from __future__ import annotations

import os
import shlex

from ops import checkout
from ops.setup import toolchain


def lines(*, local: bool) -> list[str]:
    """`export NAME=value` lines for `eval`; with `local`, AWS clients go to the AWS of this machine."""
    variables = toolchain.exports()
    if local:
        from ops.local import engine
        from ops.target import LOCAL_ACCOUNT

        variables |= engine.environment(engine.start(checkout.ROOT), LOCAL_ACCOUNT)
    changed = {name: value for name, value in variables.items() if os.environ.get(name) != value}
    return [*(f"export {name}={shlex.quote(value)}" for name, value in changed.items()), "unset TF_WORKSPACE"]
