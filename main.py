"""Synthesize the payment stacks that are asked for: all of envs/, or one by PAYMENTS_ENV or context."""

# ruff: noqa: I001  (our package before cdktf: it decides how jsii and the bindings are loaded)
import os
import sys
from pathlib import Path

from constructs_lib.settings.environments import EnvironmentErrors, load_all, names
from constructs_lib.payments.stack import PaymentStack
from constructs_lib.state.layout import prepare_stack_folder

from cdktf import App


def main() -> None:
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
