from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from constructs_lib.settings.estate import Adoption, EstateSettings
from constructs_lib.settings.schema import Environment
from ops import checkout
from ops.deployment import deploy
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt import gate
from ops.estate.use import use
from ops.target import Target
from ops.terraform import backend, locks, terraform
from ops.terraform.failures import Locked
from ops.terraform.states import Instance


class _Terraform:
    """A fake of the program: records its calls, and writes a plan file."""

    def __init__(self, changes: int) -> None:
        self.calls: list[str] = []
        self.changes = changes

    def plan(self, stack: Path, env: Any, out: Path | None = None, **how: Any) -> int:
        self.calls.append("plan destroy" if how.get("destroy") else "plan")
        if out:
            out.write_text("secret")
        return self.changes

    def apply(self, stack: Path, planfile: Path, env: Any) -> None:
        assert planfile.read_text() == "secret"
        self.calls.append("apply")

    def delete_workspace(self, stack: Path, name: str, env: Any) -> None:
        self.calls.append(f"delete workspace {name}")


def target_of(name: str, *, local: bool) -> Target:
    environment = Environment(name=name, protected=name == "prod")
    return Target(environment=environment, variables={}, local=local)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Terraform:
    program = _Terraform(changes=2)
    for name in ("plan", "apply", "delete_workspace"):
        monkeypatch.setattr(terraform, name, getattr(program, name))
    monkeypatch.setattr(terraform, "init", lambda *_: program.calls.append("init"))
    monkeypatch.setattr(terraform, "workspace", lambda *_: program.calls.append("workspace"))
    monkeypatch.setattr(deploy, "synthesize", lambda *_: program.calls.append("synthesize"))
    monkeypatch.setattr(checkout, "state_folder", lambda: tmp_path)
    monkeypatch.setattr(backend, "is_usable", lambda _: True)
    monkeypatch.setattr(deploy, "resolve_target", target_of)
    return program


PREPARED = ["synthesize", "init", "workspace"]


def test_a_deployment_applies_the_plan_that_was_shown_and_leaves_no_plan_behind(
    program: _Terraform, tmp_path: Path
) -> None:
    assert deploy.deploy("dev", local=False, yes=True) == 0
    assert program.calls == [*PREPARED, "plan", "apply"]
    assert list((tmp_path / "plans").iterdir()) == []


@pytest.mark.parametrize(
    "command", [lambda: deploy.plan("dev", local=False), lambda: deploy.deploy("dev", local=False, yes=True)]
)
def test_what_is_used_is_looked_at_before_anything_is_planned(
    program: _Terraform, monkeypatch: pytest.MonkeyPatch, command: Callable[[], int]
) -> None:
    def unfit(target: Target) -> None:
        raise Problem(f"{target.name} uses what does not fit")

    monkeypatch.setattr(use, "check", unfit)
    with pytest.raises(Problem, match="dev uses what does not fit"):
        command()
    assert program.calls == []


def test_without_changes_nobody_is_asked_and_nothing_applied(program: _Terraform) -> None:
    program.changes = 0
    assert deploy.deploy("dev", local=False, yes=False) == 0
    assert program.calls == [*PREPARED, "plan"]


@pytest.mark.parametrize(
    ("terminal", "answer", "message"),
    [(False, "", "this needs a confirmation"), (True, "staging", "Not confirmed; nothing was changed")],
)
def test_a_change_that_nobody_confirms_is_not_made(
    program: _Terraform,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    terminal: bool,
    answer: str,
    message: str,
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _: answer)
    with pytest.raises(Problem, match=message) as problem:
        deploy.deploy("dev", local=False, yes=False)
    assert problem.value.code == NEEDS_PERSON
    assert "apply" not in program.calls
    assert list((tmp_path / "plans").iterdir()) == []


def test_a_change_is_confirmed_by_the_name_of_the_environment(
    program: _Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _: "dev")
    assert deploy.deploy("dev", local=False, yes=False) == 0
    assert program.calls[-1] == "apply"


def test_destroying_takes_the_workspace_along(program: _Terraform) -> None:
    assert deploy.destroy("pr7255", local=True, yes=True) == 0
    assert program.calls == [*PREPARED, "plan destroy", "apply", "delete workspace pr7255"]


def test_a_protected_environment_is_never_destroyed(program: _Terraform) -> None:
    with pytest.raises(Problem, match="prod is protected") as problem:
        deploy.destroy("prod", local=True, yes=True)
    assert problem.value.code == NEEDS_PERSON
    assert program.calls == []


@pytest.mark.parametrize("local", [True, False])
def test_only_local_aws_gets_its_backend_unasked(
    program: _Terraform, monkeypatch: pytest.MonkeyPatch, local: bool
) -> None:
    there: list[bool] = []
    monkeypatch.setattr(backend, "is_usable", lambda _: bool(there))
    monkeypatch.setattr(backend, "ensure", lambda _: there.append(True))
    if local:
        assert deploy.plan("dev", local=True) == 2
        return
    with pytest.raises(Problem, match="The state bucket payments-terraform-state") as problem:
        deploy.plan("dev", local=False)
    assert problem.value.hint == "Create both: ./payctl backend dev"


def test_changes_are_applied_unasked_where_up_asks_for_them(program: _Terraform, tmp_path: Path) -> None:
    target = target_of("dev", local=True)
    assert deploy.apply_changes(target, tmp_path) is True
    program.changes = 0
    assert deploy.apply_changes(target, tmp_path) is False


def adopting_target(name: str, *, local: bool) -> Target:
    estate = EstateSettings(adopt=(Adoption(address="aws_vpc.V", id="vpc-1"),))
    return Target(environment=Environment(name=name, estate=estate), variables={}, local=local)


@pytest.fixture
def adopting(program: _Terraform, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Dev adopts a VPC; what its state knows."""
    known: set[str] = set()
    plan = program.plan

    def planned(stack: Path, env: Any, out: Path | None = None, **how: Any) -> int:
        program.calls += [f"of {target}" for target in how["targets"]]
        return plan(stack, env, out, **how)

    def apply(stack: Path, planfile: Path, env: Any) -> None:
        program.calls.append("apply")
        known.add("aws_vpc.V")

    monkeypatch.setattr(deploy, "resolve_target", adopting_target)
    monkeypatch.setattr(terraform, "plan", planned)
    monkeypatch.setattr(terraform, "apply", apply)
    monkeypatch.setattr(
        gate, "resources_in_state", lambda _: {it: Instance("aws_vpc", it, {"id": "vpc-1"}) for it in known}
    )
    monkeypatch.setattr(gate, "check", lambda *_: program.calls.append("check"))
    return known


def test_what_is_to_be_adopted_is_adopted_alone_and_checked(
    program: _Terraform, adopting: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.plan("dev", local=False) == 2
    assert deploy.deploy("dev", local=False, yes=True) == 0
    once = [*PREPARED, "of aws_vpc.V", "plan", "check"]
    assert program.calls == [*once, *once, "apply"]
    assert "dev adopts 1 resources first" in capsys.readouterr().err
    assert deploy.deploy("dev", local=False, yes=True) == 0
    assert program.calls == [*once, *once, "apply", *PREPARED, "plan", "apply"]


def test_a_refused_adoption_is_not_applied(
    program: _Terraform, adopting: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: Any) -> None:
        raise Problem("Refused", code=NEEDS_PERSON)

    monkeypatch.setattr(gate, "check", refuse)
    with pytest.raises(Problem, match="Refused"):
        deploy.plan("dev", local=False, out=tmp_path / "kept.tfplan")
    assert not (tmp_path / "kept.tfplan").exists()
    with pytest.raises(Problem, match="Refused"):
        deploy.deploy("dev", local=False, yes=True)
    assert "apply" not in program.calls
    assert list((tmp_path / "plans").iterdir()) == []


def test_where_nobody_is_asked_the_adoption_comes_first_too(
    program: _Terraform, adopting: set[str], tmp_path: Path
) -> None:
    assert deploy.apply_changes(adopting_target("dev", local=True), tmp_path) is True
    assert program.calls == ["of aws_vpc.V", "plan", "check", "apply", "plan", "apply"]


def test_an_environment_is_not_destroyed_with_what_it_adopted(
    program: _Terraform, adopting: set[str]
) -> None:
    with pytest.raises(Problem, match="dev has adopted 1 resources") as problem:
        deploy.destroy("dev", local=False, yes=True)
    assert "payctl adopt dev --release" in problem.value.hint
    assert program.calls == []


def test_a_lock_that_a_killed_run_left_on_local_aws_is_freed_and_one_in_an_account_is_not(
    program: _Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed: list[str] = []

    def unlock(target: Target, states: list[str], *, yes: bool) -> int:
        freed.extend(states)
        return 0

    plan = program.plan

    def locked(stack: Path, env: Any, out: Path | None = None, **how: Any) -> int:
        if not freed:
            raise Locked("The state of dev is locked.", code=NEEDS_PERSON)
        return plan(stack, env, out, **how)

    monkeypatch.setattr(terraform, "plan", locked)
    monkeypatch.setattr(locks, "unlock", unlock)
    with pytest.raises(Locked):
        deploy.deploy("dev", local=False, yes=True)
    assert freed == []
    assert deploy.deploy("dev", local=True, yes=True) == 0
    assert freed == ["environments/dev/payments-dev.tfstate"]
    assert program.calls[-1] == "apply"


def test_commands_on_one_local_environment_take_turns(
    program: _Terraform, capsys: pytest.CaptureFixture[str]
) -> None:
    target = target_of("dev", local=True)
    entered = threading.Event()

    def other() -> None:
        with deploy.environment_lock(target):
            entered.set()

    with deploy.environment_lock(target):
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.2)
    thread.join()
    assert entered.is_set()
    assert "wait for another command that works on dev" in capsys.readouterr().err
