"""`payctl pins`: compiles the pin files for every system, with hashes."""

from pathlib import Path

from ops import checkout
from ops.progress import Waiting
from ops.run import run
from ops.setup.prepare import npm, uv

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
    """Compiles every pin file; with `upgrade`, also pins that still fit move.

    In this order: pins of the tests follow those of the tools.
    """
    version = (root / ".python-version").read_text().strip()
    flags = ["--quiet", "--no-header", "--generate-hashes", "--universal", f"--python-version={version}"]
    flags += ["--upgrade"] if upgrade else []
    for name in COMPILED:
        with Waiting(f"{name}.txt"):
            command = [uv(root), "pip", "compile", *flags, f"{name}.in", "-o", f"{name}.txt"]
            run(command, cwd=root)
    with Waiting("package-lock.json"):
        run([*npm(root), "update" if upgrade else "install", *NPM_FLAGS], cwd=root)
