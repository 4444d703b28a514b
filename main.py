"""Synthesis of the payment stacks: all of envs/, or one by PAYMENTS_ENV or the context `environment`."""

import os
import sys
from pathlib import Path

from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import EnvironmentErrors, load_all, names
from constructs_lib.state.layout import prepare_stack_folder


def main() -> None:
    """Synthesizes stacks into cdktf.out. Prints all problems of environment files and exits with 1."""
    from cdktf import App  # after constructs_lib, which installs the fast loading of cdktf

    app = App()
    one = os.environ.get("PAYMENTS_ENV") or app.node.try_get_context("environment")
    try:
        environments = load_all((one,) if one else names())
        stacks = [PaymentStack(app, environment, variables=os.environ) for environment in environments]
    except EnvironmentErrors as errors:
        sys.exit(str(errors))
    app.synth()
    for stack in stacks:
        prepare_stack_folder(Path(app.outdir, "stacks", stack.node.id), workspace=stack.environment.name)


if __name__ == "__main__":
    main()
