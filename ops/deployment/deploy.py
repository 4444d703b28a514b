"""Plan, deployment and destruction of an environment."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ops import checkout
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt import gate
from ops.estate.use import use
from ops.run import exclusive_lock
from ops.target import Target, resolve_target
from ops.terraform import backend, locks, terraform
from ops.terraform.synth import synthesize


def plan(name: str, *, local: bool, out: Path | None = None) -> int:
    """Shows what a deployment would change; returns 0 for nothing, else 2. `out` stores the plan."""
    target = resolve_target(name, local=local)
    if out is not None:
        # A saved plan contains values in clear text: only its owner may read it.
        out = out.absolute()
        out.unlink(missing_ok=True)
        out.touch(mode=0o600)
    with environment_lock(target):
        use.check(target)
        with _planned(target, prepare_stack(target), out=out) as saved:
            return 0 if saved is None else 2


def deploy(name: str, *, local: bool, yes: bool) -> int:
    """Applies exactly the plan that was shown and confirmed."""
    target = resolve_target(name, local=local)
    with environment_lock(target):
        use.check(target)
        _change(target, yes=yes or local)
    return 0


def destroy(name: str, *, local: bool, yes: bool) -> int:
    """Destroys an unprotected environment with its workspace."""
    target = resolve_target(name, local=local)
    if target.environment.protected:
        raise Problem(
            f"{name} is protected and cannot be destroyed.",
            hint=f"To destroy it, set protected = false in envs/{name}.toml, deploy that, then destroy.",
            code=NEEDS_PERSON,
        )
    if adopted := target.environment.estate.adopt:
        raise Problem(
            f"{name} has adopted {len(adopted)} resources, which would be destroyed with it.",
            hint=f"Release them first: payctl adopt {name}{target.flag} --release; then take "
            f"[estate.adopt] out of envs/{name}.toml.",
            code=NEEDS_PERSON,
        )
    with environment_lock(target):
        _change(target, destroy=True, yes=yes)
        retry_without_stale_lock(
            target, lambda: terraform.delete_workspace(target.stack_folder, name, target.variables)
        )
    return 0


@contextmanager
def environment_lock(target: Target) -> Iterator[None]:
    """Serializes commands on an environment of local AWS; in an account Terraform's own lock does.

    Terraform inherits the lock and keeps it until it ends, also when the command was killed. A Terraform lock
    found while this lock is held was therefore left behind by a killed Terraform and can be freed.
    """
    if target.local:
        file = checkout.state_folder() / f"{target.name}.lock"
        with exclusive_lock(file, f"wait for another command that works on {target.name}"):
            yield
    else:
        yield


def initialize_stack(target: Target) -> Path:
    """Initializes the synthesized stack and selects its workspace; the backend must exist."""
    terraform.init(target.stack_folder, target.variables)
    retry_without_stale_lock(
        target, lambda: terraform.workspace(target.stack_folder, target.name, target.variables)
    )
    return target.stack_folder


def apply_changes(target: Target, stack: Path) -> bool:
    """Applies without confirmation; returns whether anything was changed. Adopts resources first."""
    adopted = bool(gate.pending(target)) and _apply(target, stack)
    return _apply(target, stack) or adopted


def prepare_stack(target: Target) -> Path:
    """Synthesizes and initializes the stack; creates the backend first in local AWS."""
    if target.local and not backend.is_usable(target):
        backend.ensure(target)
    backend.require(target)
    synthesize(target.name, target.variables)
    return initialize_stack(target)


def _change(target: Target, *, destroy: bool = False, yes: bool) -> None:
    def confirm() -> None:
        verb = "Destroy" if destroy else "Apply this to"
        if not sys.stdin.isatty():
            what = f"{verb} {target.name}: this needs a confirmation."
            raise Problem(what, hint="Add --yes.", code=NEEDS_PERSON)
        question = f"{verb} {target.name}? Type its name"
        if click.prompt(question, default="", show_default=False) != target.name:
            raise Problem("Not confirmed; nothing was changed.", code=NEEDS_PERSON)

    _apply(
        target,
        prepare_stack(target),
        destroy=destroy,
        show=True,
        confirm=(lambda: None) if yes else confirm,
    )


def _apply(
    target: Target,
    stack: Path,
    *,
    destroy: bool = False,
    show: bool = False,
    confirm: Callable[[], None] = lambda: None,
) -> bool:
    with _planned(target, stack, destroy=destroy, show=show) as plan:
        if plan is None:
            return False
        confirm()
        retry_without_stale_lock(target, lambda: terraform.apply(stack, plan, target.variables))
        return True


def retry_without_stale_lock[Result](target: Target, work: Callable[[], Result]) -> Result:
    """Runs `work` while `environment_lock` is held, and retries after freeing a killed Terraform's lock."""
    return locks.retry_without_stale_lock(target, backend.workspace_key(target.name), work)


@contextmanager
def _planned(
    target: Target, stack: Path, *, destroy: bool = False, show: bool = True, out: Path | None = None
) -> Iterator[Path | None]:
    """Yields the file of a plan, or None if nothing changes; deletes the file unless it is `out`.

    While something is to be adopted, the plan contains nothing else. Raises Problem if it would change
    anything else.
    """
    waiting = () if destroy else gate.pending(target, announce=True)
    # A saved plan contains values in clear text: only its owner may read it, only while it is needed.
    folder = checkout.state_folder() / "plans"
    folder.mkdir(mode=0o700, exist_ok=True)
    plan = out or folder / f"{target.scope}-{target.name}.tfplan"
    accepted = False
    try:
        changes = retry_without_stale_lock(
            target,
            lambda: terraform.plan(
                stack, target.variables, out=plan, destroy=destroy, show=show, targets=waiting
            ),
        )
        if waiting:
            gate.check(target, stack, plan)
        accepted = True
        yield plan if changes else None
    finally:
        if plan != out or not accepted:  # a refused plan must not be applied later
            plan.unlink(missing_ok=True)
