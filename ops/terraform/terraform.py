"""Run Terraform in a stack's folder: visible progress, full logs in `.payctl/logs`, plain errors."""

from __future__ import annotations

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
    "-parallelism=60"  # an apply mostly waits for reads to settle: what is independent waits together
)
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def init(stack_dir: Path, env: Mapping[str, str]) -> None:
    """Bring the provider and meet the backend, which is taken as configured now and never migrated."""
    _quiet(["init", "-input=false", "-reconfigure"], stack_dir, env)


def workspace(stack_dir: Path, name: str, env: Mapping[str, str]) -> None:
    """Select the workspace, creating it when it is new."""
    _quiet(["workspace", "select", "-or-create=true", name], stack_dir, env)


def delete_workspace(stack_dir: Path, name: str, env: Mapping[str, str]) -> None:
    """Leave the workspace and delete it, which Terraform refuses while it holds resources."""
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
    """Plan, and say whether there is anything to do: 0 nothing, 2 changes.

    `show` prints what Terraform prints, on stdout; otherwise only progress is seen. `targets`: these
    addresses and what they refer to, and nothing else. Without `refresh`, what is there is taken from the
    state; without `lock`, nothing at all is written anywhere.
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
    """Apply a saved plan, no other, with progress shown."""
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
    """Take addresses out of the state; what they stand for stays as it is."""
    _quiet(["state", "rm", LOCK_TIMEOUT, *forgotten], stack_dir, env)


def output(stack_dir: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """The values of the outputs, by name."""
    said = run(_command(stack_dir, env, ["output", "-json"]), env=env, capture=True).stdout
    return {name: entry["value"] for name, entry in json.loads(said).items()}


def show(stack_dir: Path, planfile: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """A saved plan as data; it holds values in clear."""
    hint = f"A saved plan is read in the folder in which it was made; this is {stack_dir}."
    command = _command(stack_dir, env, ["show", "-json", str(planfile)])
    with Waiting("terraform show"):
        said = run(command, env=env, capture=True, hint=hint).stdout
    plan: dict[str, Any] = json.loads(said)
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
