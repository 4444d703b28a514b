"""`payctl pins`: compile the pin files from what they are made of, for every system and with hashes."""

from __future__ import annotations

import os
from pathlib import Path

from ops import checkout
from ops.progress import Waiting
from ops.run import run

COMPILED = (
    "requirements",
    "requirements-dev",
    "requirements-uv",
    "ops/local/requirements",
    "ops/policy/requirements",
)
NPM_FLAGS = (
    "--package-lock-only",
    "--ignore-scripts",
    "--omit-lockfile-registry-resolved",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
)


def pins(*, upgrade: bool, root: Path = checkout.ROOT) -> None:
    """Pins that still fit stay, unless `upgrade`; in this order, as tests must not move what tools pin."""
    version = (root / ".python-version").read_text().strip()
    flags = ["--quiet", "--no-header", "--generate-hashes", "--universal", f"--python-version={version}"]
    flags += ["--upgrade"] if upgrade else []
    for name in COMPILED:
        with Waiting(f"{name}.txt"):
            command = [os.environ["PAYCTL_UV"], "pip", "compile", *flags, f"{name}.in", "-o", f"{name}.txt"]
            run(command, cwd=root)
    node = checkout.node_folder(root)
    npm = node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    with Waiting("package-lock.json"):
        run([node / "node", npm, "update" if upgrade else "install", *NPM_FLAGS], cwd=root)
