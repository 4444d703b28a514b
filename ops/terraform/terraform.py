"""Terraform in the folder of a stack: progress, full logs in `.payctl/logs`, plain errors."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops import checkout
from ops.progress import ApplyView, Waiting, coloured
from ops.run import run, stream
from ops.setup import toolchain
from ops.terraform.failures import problem

LOCK_TIMEOUT = "-lock-timeout=30s"
PARALLELISM = (
    "-parallelism=60"  # an apply mostly waits until reads are consistent: independent resources wait together
)
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def init(stack_dir: Path, env: Mapping[str, str]) -> None:
    """Installs the provider and initializes the backend as configured now; never migrates a state."""
    _quiet(["init", "-input=false", "-reconfigure"], stack_dir, env)


def workspace(stack_dir: Path, name: str, env: Mapping[str, str]) -> None:
    """Selects the workspace, and creates it if it is new."""
    _quiet(["workspace", "select", "-or-create=true", name], stack_dir, env)


def delete_workspace(stack_dir: Path, name: str, env: Mapping[str, str]) -> None:
    """Deletes the workspace, which Terraform refuses while it has resources."""
    _quiet(["workspace", "select", "default"], stack_dir, env)
    _quiet(["workspace", "delete", name], stack_dir, env)


def plan(
    stack_dir: Path,
    env: Mapping[str, str],
    out: Path | None = None,
    destroy: bool = False,
    *,
    show: bool = True,
    targets: Sequence[str] = (),
    refresh: bool = True,
    lock: bool = True,
) -> int:
    """Runs `terraform plan`; returns 0 for no changes, 2 for changes.

    `show` prints the output of Terraform on stdout; otherwise only progress is shown. `targets` limits the
    plan to these addresses and their dependencies. Without `refresh`, AWS is not read; without `lock`,
    nothing is written.
    """
    words = [
        "plan",
        "-input=false",
        "-detailed-exitcode",
        LOCK_TIMEOUT if lock else "-lock=false",
        PARALLELISM,
    ]
    words += [] if refresh else ["-refresh=false"]
    words += [f"-out={out}"] if out else []
    words += ["-destroy"] if destroy else []
    words += [f"-target={target}" for target in targets]
    return _shown(words, stack_dir, env) if show else _quiet(words, stack_dir, env, accept=(0, 2))


def apply(stack_dir: Path, planfile: Path, env: Mapping[str, str]) -> None:
    """Applies a saved plan and shows progress."""
    log = _log("apply", stack_dir)
    words = ["apply", "-json", LOCK_TIMEOUT, PARALLELISM, str(planfile)]
    with log.open("w") as sink, ApplyView() as view:

        def each(line: str) -> None:
            sink.write(f"{line}\n")
            view.line(line)

        code = stream(_command(stack_dir, env, words), each, env=env)
    if code != 0:
        raise problem("apply", stack_dir, log, "\n".join(view.errors))


def forget(stack_dir: Path, env: Mapping[str, str], forgotten: Sequence[str]) -> None:
    """Removes addresses from the state; their resources stay unchanged."""
    _quiet(["state", "rm", LOCK_TIMEOUT, *forgotten], stack_dir, env)


def output(stack_dir: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """Returns the values of the outputs, by name."""
    printed = run(_command(stack_dir, env, ["output", "-json"]), env=env, capture=True).stdout
    return {name: entry["value"] for name, entry in json.loads(printed).items()}


def show(stack_dir: Path, planfile: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """Returns a saved plan as data, which contains values in clear text."""
    hint = f"A saved plan can only be read in the folder in which it was made; this is {stack_dir}."
    command = _command(stack_dir, env, ["show", "-json", str(planfile)])
    with Waiting("terraform show"):
        printed = run(command, env=env, capture=True, hint=hint).stdout
    plan: dict[str, Any] = json.loads(printed)
    return plan


def _shown(words: Sequence[str], stack_dir: Path, env: Mapping[str, str]) -> int:
    log = _log(words[0], stack_dir)
    with log.open("w") as sink:

        def each(line: str) -> None:
            plain = ESCAPES.sub("", line)
            sink.write(f"{plain}\n")
            print(line if coloured() else plain, flush=True)

        code = stream(_command(stack_dir, env, words), each, env=env)
    return _checked(code, (0, 2), words[0], stack_dir, log)


def _quiet(
    words: Sequence[str], stack_dir: Path, env: Mapping[str, str], accept: tuple[int, ...] = (0,)
) -> int:
    log = _log(words[0], stack_dir)
    with log.open("w") as sink, Waiting(f"terraform {words[0]}"):
        code = stream(
            _command(stack_dir, env, words), lambda line: print(ESCAPES.sub("", line), file=sink), env=env
        )
    return _checked(code, accept, words[0], stack_dir, log)


def _checked(code: int, accept: tuple[int, ...], verb: str, stack_dir: Path, log: Path) -> int:
    if code not in accept:
        raise problem(verb, stack_dir, log, log.read_text())
    return code


def _command(stack_dir: Path, env: Mapping[str, str], words: Sequence[str]) -> list[str | Path]:
    return [toolchain.terraform(env), f"-chdir={stack_dir}", *words]


def _log(verb: str, stack_dir: Path) -> Path:
    return checkout.logs_folder() / f"{stack_dir.name}-{verb}.log"
