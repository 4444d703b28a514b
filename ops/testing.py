"""The parts of the tests, and pytest's arguments for them."""

import os
from collections.abc import Sequence
from pathlib import Path

from ops import checkout
from ops.run import run
from ops.setup import toolchain

PASSED, NOTHING_FOUND = 0, 5  # pytest's exit codes
UNIT = ("-n", "2", "-m", "not integration and not process", "-p", "no:schemathesis")
WITHOUT_TERRAFORM = ("-n", "2", "-m", "not integration")
# Two files at once: deployments mostly wait for AWS, and each file has a local AWS of its own.
INTEGRATION = ("-n", "2", "--dist", "loadfile", "--durations=15", "-m", "integration")
PARTS = {"unit": UNIT, "integration": INTEGRATION}
FIRST_HALF = ("--cov", "--cov-report=", "--cov-fail-under=0")
SECOND_HALF = ("--cov", "--cov-append", "--cov-report=term-missing:skip-covered")


def test(kind: str, arguments: Sequence[str]) -> int:
    """Runs the tests of `unit`, `integration`, or `all`, and returns pytest's exit code.

    `all` runs the tests without Terraform first, then those with it, and measures the coverage of both. The
    second half does not start after a failure.
    """
    if kind in PARTS:
        return _pytest(*PARTS[kind], *arguments)
    code = _pytest(*WITHOUT_TERRAFORM, *FIRST_HALF, *arguments)
    return code if code not in (PASSED, NOTHING_FOUND) else _pytest(*INTEGRATION, *SECOND_HALF, *arguments)


def _pytest(*words: str) -> int:
    command: list[str | Path] = [checkout.python(), "-m", "pytest", *words]
    # The caller may work on an account or on local AWS; tests use neither.
    foreign = ("AWS_", "TF_", "PAYMENTS_", "CDKTF_")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    env = {**variables, **toolchain.exports(variables=variables)}
    return run(command, cwd=checkout.ROOT, env=env, accept=range(256)).returncode
