"""Terraform in the folder of a stack: progress, full logs in `.payctl/logs`, plain errors."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
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
    if show:
        return _logged(words, stack_dir, env, nullcontext(), _print, accept=(0, 2))
    return _logged(words, stack_dir, env, Waiting("terraform plan"), accept=(0, 2))


def apply(stack_dir: Path, planfile: Path, env: Mapping[str, str]) -> None:
    """Applies a saved plan and shows progress."""
    view = ApplyView()
    words = ["apply", "-json", LOCK_TIMEOUT, PARALLELISM, str(planfile)]
    _logged(words, stack_dir, env, view, view.line, errors=view.errors)


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


def _quiet(words: Sequence[str], stack_dir: Path, env: Mapping[str, str]) -> None:
    _logged(words, stack_dir, env, Waiting(f"terraform {words[0]}"))


def _print(line: str) -> None:
    print(line if coloured() else ESCAPES.sub("", line), flush=True)


def _logged(
    words: Sequence[str],
    stack_dir: Path,
    env: Mapping[str, str],
    view: AbstractContextManager[object],
    each: Callable[[str], None] = lambda _: None,
    *,
    accept: tuple[int, ...] = (0,),
    errors: Sequence[str] | None = None,
) -> int:
    """Runs Terraform with a full log; a failure is explained from `errors`, by default from the log."""
    log = checkout.logs_folder() / f"{stack_dir.name}-{words[0]}.log"
    with log.open("w") as sink, view:

        def write(line: str) -> None:
            print(ESCAPES.sub("", line), file=sink)
            each(line)

        code = stream(_command(stack_dir, env, words), write, env=env)
    if code not in accept:
        output = log.read_text() if errors is None else "\n".join(errors)
        raise problem(words[0], stack_dir, log, output)
    return code


def _command(stack_dir: Path, env: Mapping[str, str], words: Sequence[str]) -> list[str | Path]:
    return [toolchain.terraform(env), f"-chdir={stack_dir}", *words]
