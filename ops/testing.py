"""Run the tests."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ops import checkout, toolchain
from ops.run import run

# Integration mostly waits for the provider, so more workers than cores; unit tests would only get in each
# other's way.
WORKERS = {"unit": "2", "all": "4"}
UNIT = ("-m", "not integration")
COVERED = ("--cov", "--cov-report=term-missing:skip-covered")


def test(kind: str, arguments: Sequence[str]) -> int:
    """Run every test with coverage, or `unit` tests without; the exit code is pytest's."""
    chosen = UNIT if kind == "unit" else COVERED
    command: list[str | Path] = [
        checkout.python(),
        "-m",
        "pytest",
        "-n",
        WORKERS[kind],
        "--dist=loadgroup",
        *chosen,
        *arguments,
    ]
    # Whoever runs the tests may work on an account or on local AWS: neither is the tests' business.
    foreign = ("AWS_", "TF_", "PAYMENTS_", "CDKTF_")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    env = {**variables, **toolchain.exports(variables=variables)}
    return run(command, cwd=checkout.ROOT, env=env, accept=range(256)).returncode
