"""`payctl doctor`: which tools are installed, and how to get the missing ones. It changes nothing.

Also runs before anything is prepared: standard library only, any Python since 3.9.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ops import checkout
from ops.errors import FAILED, Problem
from ops.run import run
from ops.setup import toolchain

HERE, LATER, MISSING = "ok", "later", "missing"
ABSENT = "not installed"
NEEDED_MB = 2_000
PREPARED = "installed by the first command that needs it, or now by: ./payctl setup"
GET_PYTHON = "pyenv install 3.13, brew install python@3.13, uv python install 3.13, or your system's packages"
GET_INSTALLER = "brew install uv, pipx install uv, or apt install python3-pip"

CREDENTIALS = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN")


@dataclass(frozen=True)
class Finding:
    """Represents one line of the table. `get` explains how to get a missing tool."""

    name: str
    status: str
    found: str
    get: str = ""


@dataclass(frozen=True)
class Machine:
    """Represents the checkout and the environment variables to inspect."""

    root: Path
    variables: Mapping[str, str]

    def which(self, *names: str) -> str | None:
        path = self.variables.get("PATH", os.defpath)
        return next((found for name in names if (found := shutil.which(name, path=path))), None)

    def first_line(self, *command: str | Path) -> str:
        """Returns the first line that a program prints, or nothing if it fails."""
        try:
            output = run(command, cwd=self.root, env=self.variables, capture=True).stdout
        except Problem:
            return ""
        return output.strip().partition("\n")[0]


def python(machine: Machine) -> Finding:
    wanted = (machine.root / ".python-version").read_text().strip()
    name = f"Python {wanted}"
    for program in (str(checkout.python(machine.root)), f"python{wanted}", "python3"):
        version = machine.first_line(program, "--version")
        if version.startswith(f"Python {wanted}."):
            return Finding(name, HERE, f"{version.split()[-1]} ({program})")
    if machine.which("uv"):
        return Finding(name, LATER, ABSENT, "uv downloads it for the first command")
    return Finding(name, MISSING, "not found", GET_PYTHON)


def installer(machine: Machine) -> Finding:
    pinned = sorted(checkout.cache_folder(machine.root, machine.variables).glob("uv-*/bin/uv"))
    program = machine.which("uv") or (str(pinned[-1]) if pinned else "")
    if program and (version := machine.first_line(program, "--version")):
        return Finding("uv", HERE, f"{version.split()[1]} ({program})")
    for program in filter(None, (machine.which(name) for name in ("python3", "python3.13", "python"))):
        if machine.first_line(program, "-m", "pip", "--version"):
            return Finding("uv", LATER, ABSENT, f"pip of {program} installs it for the first command")
    return Finding("uv or pip", MISSING, "neither found", GET_INSTALLER)


def terraform(machine: Machine) -> Finding:
    try:
        program = toolchain.terraform(machine.variables)
    except Problem as problem:
        return Finding("Terraform", MISSING, problem.what, problem.hint)
    version = ".".join(map(str, toolchain.terraform_version(program, machine.variables)))
    return Finding("Terraform", HERE, f"{version} ({program})")


def provider(machine: Machine) -> Finding:
    name = f"AWS provider {toolchain.provider_version(machine.root)}"
    try:
        mirror = toolchain.provider_mirror(machine.root, machine.variables)
    except Problem as problem:
        return Finding(name, MISSING, problem.what, problem.hint)
    return Finding(name, HERE, f"from {mirror}" if mirror else "Terraform downloads it from its registry")


def node(machine: Machine) -> Finding:
    program = checkout.node_folder(machine.root) / "node"
    version = machine.first_line(program, "--version")
    if not version:
        return Finding("Node", LATER, ABSENT, PREPARED)
    return Finding("Node", HERE, f"{version.lstrip('v')} ({program})")


def cdktf(machine: Machine) -> Finding:
    folder = machine.root / "node_modules"
    manifest = folder / "cdktf-cli" / "package.json"
    if not (folder / ".stamp").is_file() or not manifest.is_file():
        return Finding("cdktf", LATER, ABSENT, PREPARED)
    return Finding("cdktf", HERE, json.loads(manifest.read_text())["version"])


def emulator(machine: Machine) -> Finding:
    folder = machine.root / ".venv-emulator"
    if not (folder / ".stamp").is_file():
        return Finding("local AWS", LATER, ABSENT, PREPARED)
    return Finding("local AWS", HERE, str(folder))


def cache(machine: Machine) -> Finding:
    folder = checkout.cache_folder(machine.root, machine.variables)
    if not os.access(folder, os.W_OK):
        return Finding("cache", MISSING, f"{folder} cannot be written", "name a folder in PAYCTL_CACHE_DIR")
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < NEEDED_MB:
        get = f"free {NEEDED_MB} MB there, or name another folder in PAYCTL_CACHE_DIR"
        return Finding("cache", MISSING, f"{free} MB free in {folder}", get)
    return Finding("cache", HERE, f"{folder} ({free // 1000} GB free)")


def credentials(machine: Machine) -> Finding:
    """Reports whether credentials exist; AWS is not called, so they may be invalid."""
    found = [name for name in CREDENTIALS if machine.variables.get(name)]
    home = Path(machine.variables.get("HOME", "/"))
    found += [str(path) for path in (home / ".aws/credentials", home / ".aws/config") if path.is_file()]
    if found:
        return Finding("AWS credentials", HERE, ", ".join(found))
    return Finding("AWS credentials", LATER, "none", "only for real AWS: aws sso login, or set AWS_PROFILE")


CHECKS: tuple[Callable[[Machine], Finding], ...] = (
    python,
    installer,
    terraform,
    provider,
    node,
    cdktf,
    emulator,
    cache,
    credentials,
)


def doctor(*, as_json: bool, root: Path = checkout.ROOT, variables: Mapping[str, str] = os.environ) -> int:
    """Prints the findings; returns 1 if a tool is missing that payctl cannot install itself."""
    machine = Machine(root, variables)
    findings = [check(machine) for check in CHECKS]
    complete = all(finding.status != MISSING for finding in findings)
    if as_json:
        print(json.dumps({"ok": complete, "checks": [asdict(finding) for finding in findings]}, indent=2))
    else:
        print("\n".join(_table(findings)))
    return 0 if complete else FAILED


def _table(findings: list[Finding]) -> list[str]:
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status:<8} {finding.name:<{width}}  {finding.found}")
        lines += [f"{'':<8} {'':<{width}}  {line}" for line in finding.get.splitlines()]
    return lines


def main() -> int:
    """Runs the doctor without the packages of the command line."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    return doctor(as_json="--json" in sys.argv[1:])
