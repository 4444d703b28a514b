"""Preparation of the folders that commands need, each from its pin files.

A folder's stamp holds the checksums of its pin files and is written last: a folder with another stamp is
brought up to date, one without a stamp is incomplete and is made anew.

Also runs before the packages of `.venv` are installed: standard library only.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ops import checkout
from ops.errors import Problem, interruption_code
from ops.progress import Waiting, say
from ops.run import exclusive_lock, run, stream


class Part(NamedTuple):
    """Represents a folder and its pin files, the last of which is installed. `program` must exist in it."""

    label: str
    folder: str
    program: str
    pins: tuple[str, ...]


VERSION = ".python-version"
PARTS = {
    "tools": Part("Python packages", ".venv", "bin/python", (VERSION, "requirements.txt")),
    # The same folder with more in it: its checksums begin with those of the tools.
    "tests": Part(
        "Python packages and test tools",
        ".venv",
        "bin/python",
        (VERSION, "requirements.txt", "requirements-dev.txt"),
    ),
    "modules": Part("cdktf", "node_modules", ".bin/cdktf", ("package.json", "package-lock.json")),
    "emulator": Part("local AWS", ".venv-emulator", "bin/python", (VERSION, "ops/local/requirements.txt")),
    "policy": Part("Checkov", ".venv-policy", "bin/python", (VERSION, "ops/policy/requirements.txt")),
}
CAUSES = (
    (
        r"dns error|error sending request|operation timed out|tunneling|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT",
        "The package registry cannot be reached",
        "Check network and proxy, then run this again.",
    ),
    (
        r"no space left|ENOSPC|quota exceeded",
        "The disk is full",
        "Free space for the checkout and the cache (PAYCTL_CACHE_DIR), then run this again.",
    ),
    (
        r"hash mismatch|EINTEGRITY",
        "A download does not have its pinned hash",
        "Run this again. If it stays so, a mirror or proxy changes the packages.",
    ),
)


def prepare(names: Iterable[str], root: Path = checkout.ROOT) -> None:
    """Prepares the parts that are missing or out of date, one process at a time.

    Raises Problem with the first cause when a part cannot be prepared.
    """
    missing = [name for name in names if not ready(name, root)]
    if not missing:
        return
    try:
        logs = checkout.logs_folder(root)
        lock = checkout.state_folder(root) / "prepare.lock"
        with exclusive_lock(lock, "wait for another payctl that prepares this checkout"):
            missing = [name for name in missing if not ready(name, root)]
            if missing:
                say("Preparing what this command needs (again only when its pins change):")
            for name in missing:
                _install(PARTS[name], logs / f"prepare-{name}.log", root)
    except OSError as error:
        raise Problem(
            f"{error.filename or root} cannot be written: {error.strerror}.",
            hint="Free disk space, or clone the checkout where you can write; then run this again.",
        ) from error


def ready(name: str, root: Path = checkout.ROOT) -> bool:
    """Returns whether a part is complete and made from the current pin files."""
    part = PARTS[name]
    folder = root / part.folder
    return os.access(folder / part.program, os.X_OK) and _stamped(folder, _checksums(root, part.pins))


def uv(root: Path = checkout.ROOT) -> str:
    """Returns the path of uv, found or installed by the launcher."""
    return os.environ.get("PAYCTL_UV") or run([root / "payctl", "--print-uv"], capture=True).stdout.strip()


def npm(root: Path) -> list[str | Path]:
    """Returns the command of npm. Its script names an interpreter, which a moved checkout breaks."""
    node = checkout.node_folder(root)
    return [node / "node", node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def main() -> int:
    """Prepares `.venv` for the launcher and starts the launcher again; returns the exit code of a failure."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the launcher had switched it off
    try:
        prepare(["tools"])
        if not ready("tools"):
            raise Problem(
                f"{checkout.python()} cannot be executed.", hint="Is its file system mounted noexec?"
            )
        os.execv(checkout.ROOT / "payctl", ["payctl", *sys.argv[1:]])
    except Problem as problem:
        say(str(problem))
        return problem.code
    except KeyboardInterrupt as interruption:
        say("Interrupted. The next run repairs incomplete parts.")
        return interruption_code(interruption)


def _install(part: Part, log: Path, root: Path) -> None:
    folder, stamp = root / part.folder, root / part.folder / ".stamp"
    if part.folder == "node_modules":
        stamp.unlink(missing_ok=True)
        flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
        _step(part.label, [*npm(root), "ci", *flags], log, root)
    else:
        python, version = folder / part.program, (root / VERSION).read_text().strip()
        if not os.access(python, os.X_OK) or not _stamped(folder, _checksums(root, [VERSION])):
            if folder.is_symlink():
                folder.unlink()
            shutil.rmtree(folder, ignore_errors=True)
            _step(f"Python {version}", [uv(root), "venv", "--python", version, folder], log, root)
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder / ".pycache", ignore_errors=True)
        into = ("--python", str(python), "--require-hashes")
        _step(part.label, [uv(root), "pip", "sync", *into, root / part.pins[-1]], log, root)
    stamp.write_text(_checksums(root, part.pins))


def _step(label: str, command: Sequence[str | Path], log: Path, root: Path) -> None:
    with log.open("w") as sink, Waiting(f"  {label}") as waiting:

        def each(line: str) -> None:
            print(line, file=sink, flush=True)
            waiting.what = f"  {label} · {line.strip()}"

        code = stream(command, each, cwd=root)
        waiting.what = f"  {label}"
        if code != 0:
            raise _failure(label, log)


def _failure(label: str, log: Path) -> Problem:
    text, where = log.read_text(), f"Full log: {log}"
    for pattern, cause, hint in CAUSES:
        if re.search(pattern, text, re.IGNORECASE):
            return Problem(f"{cause} ({label}).", hint=f"{hint}\n{where}")
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no output"]
    errors = [line for line in lines if re.search("error|failed|cannot", line, re.IGNORECASE)]
    causes = [line for line in lines if re.match("(caused by|cause): ", line, re.IGNORECASE)]
    found = " ".join([(errors or lines[-1:])[0], *causes[-1:]])
    return Problem(
        f"Preparing failed ({label}): {found}", hint=f"Run this again: complete parts are kept.\n{where}"
    )


def _checksums(root: Path, pins: Sequence[str]) -> str:
    return run(["cksum", *pins], cwd=root, capture=True).stdout


def _stamped(folder: Path, checksums: str) -> bool:
    """Returns whether the stamp begins with these checksums: a folder made from more pin files will do."""
    try:
        return (folder / ".stamp").read_text().startswith(checksums)
    except OSError:
        return False
