"""Terraform's runs, with a stand-in that prints what Terraform printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.errors import Problem
from ops.terraform import terraform


class Stand:
    """A stack's folder and variables under which `terraform` is a script."""

    def __init__(self, folder: Path) -> None:
        self.stack = folder / "payments-dev"
        self.stack.mkdir()
        self.program = folder / "bin" / "terraform"
        self.program.parent.mkdir()
        self.env = {"PATH": f"{folder / 'bin'}:/bin:/usr/bin", "CALLS": str(folder / "calls")}

    def does(self, script: str) -> None:
        self.program.write_text(
            f'#!/bin/sh\n[ "$1" != version ] || {{ echo Terraform v1.11.4; exit; }}\n'
            f'echo "$*" >>"$CALLS"\n{script}\n'
        )
        self.program.chmod(0o755)

    def calls(self) -> list[str]:
        return Path(self.env["CALLS"]).read_text().replace(f"-chdir={self.stack} ", "").splitlines()


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ops.checkout.logs_folder", lambda: tmp_path)
    return tmp_path


def test_init_never_asks_and_never_migrates(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    stand.does("echo Initializing")
    terraform.init(stand.stack, stand.env)
    assert stand.calls() == ["init -input=false -reconfigure"]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("terraform init · ")


def test_the_output_of_a_quiet_run_is_in_its_log_without_colour(stand: Stand, logs: Path) -> None:
    stand.does(r"printf '\033[1mInitializing\033[0m\n'")
    terraform.init(stand.stack, stand.env)
    assert (logs / "payments-dev-init.log").read_text() == "Initializing\n"


def test_a_workspace_is_selected_or_made(stand: Stand) -> None:
    stand.does("")
    terraform.workspace(stand.stack, "dev", stand.env)
    assert stand.calls() == ["workspace select -or-create=true dev"]


def test_a_workspace_is_left_before_it_is_deleted(stand: Stand) -> None:
    stand.does("")
    terraform.delete_workspace(stand.stack, "dev", stand.env)
    assert stand.calls() == ["workspace select default", "workspace delete dev"]


@pytest.mark.parametrize("show", [True, False])
@pytest.mark.parametrize("code", [0, 2])
def test_a_plan_says_whether_there_is_anything_to_do(stand: Stand, code: int, show: bool) -> None:
    stand.does(f"exit {code}")
    assert terraform.plan(stand.stack, stand.env, show=show) == code


def test_a_plan_is_saved_and_may_be_of_a_destroy(stand: Stand, tmp_path: Path) -> None:
    stand.does("")
    terraform.plan(stand.stack, stand.env, out=tmp_path / "a plan", destroy=True)
    expected = f"-lock-timeout=30s -parallelism=60 -out={tmp_path}/a plan -destroy"
    assert stand.calls() == [f"plan -input=false -detailed-exitcode {expected}"]


def test_a_shown_plan_is_on_stdout_and_in_the_log(
    stand: Stand, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stand.does(r"printf '\033[1mPlan:\033[0m 1 to add\n'")
    terraform.plan(stand.stack, stand.env)
    assert capsys.readouterr().out == "Plan: 1 to add\n"
    assert (logs / "payments-dev-plan.log").read_text() == "Plan: 1 to add\n"


def test_a_plan_keeps_terraforms_colour_where_it_is_wanted(
    stand: Stand, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.terraform.terraform.coloured", lambda: True)
    stand.does(r"printf '\033[1mPlan:\033[0m 1 to add\n'")
    terraform.plan(stand.stack, stand.env)
    assert capsys.readouterr().out == "\x1b[1mPlan:\x1b[0m 1 to add\n"


@pytest.mark.parametrize("show", [True, False])
def test_a_plan_that_fails_is_a_problem(stand: Stand, show: bool) -> None:
    stand.does("echo 'Error: Saved plan is stale' >&2; exit 1")
    with pytest.raises(Problem, match="older than the state"):
        terraform.plan(stand.stack, stand.env, show=show)


def test_an_apply_takes_the_saved_plan_and_no_other(
    stand: Stand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = {"resource": {"addr": "aws_vpc.a"}, "action": "create", "elapsed_seconds": 3}
    events = [{"type": "planned_change", "change": change}]
    events += [{"type": kind, "hook": change} for kind in ("apply_start", "apply_complete")]
    stand.does("\n".join(f"echo '{json.dumps(event)}'" for event in events))
    terraform.apply(stand.stack, tmp_path / "plan", stand.env)
    assert stand.calls() == [f"apply -json -lock-timeout=30s -parallelism=60 {tmp_path}/plan"]
    assert "  1/1 created aws_vpc.a (3 s)\n" in capsys.readouterr().err
    assert len((tmp_path / "payments-dev-apply.log").read_text().splitlines()) == 3


def test_an_apply_that_fails_tells_its_error(stand: Stand, tmp_path: Path) -> None:
    found = {"severity": "error", "summary": "creating SQS Queue", "address": "aws_sqs_queue.a"}
    event = json.dumps({"type": "diagnostic", "diagnostic": found})
    stand.does(f"echo '{event}'; exit 1")
    with pytest.raises(Problem, match=r"terraform apply failed for dev\.") as caught:
        terraform.apply(stand.stack, tmp_path / "plan", stand.env)
    assert caught.value.hint.startswith("creating SQS Queue (aws_sqs_queue.a)\n")


def test_outputs_are_their_values(stand: Stand) -> None:
    outputs = {"url": {"value": "https://x", "sensitive": False}, "names": {"value": ["a"]}}
    stand.does(f"echo '{json.dumps(outputs)}'")
    assert terraform.output(stand.stack, stand.env) == {"url": "https://x", "names": ["a"]}


def test_a_plan_may_be_of_a_few_addresses_only(stand: Stand) -> None:
    stand.does("exit 2")
    assert terraform.plan(stand.stack, stand.env, show=False, targets=["aws_vpc.a", "aws_eip.b"]) == 2
    assert stand.calls()[-1].endswith("-target=aws_vpc.a -target=aws_eip.b")


def test_addresses_are_forgotten_under_the_lock(stand: Stand) -> None:
    stand.does("true")
    terraform.forget(stand.stack, stand.env, ["aws_vpc.a", "aws_eip.b"])
    assert stand.calls() == ["state rm -lock-timeout=30s aws_vpc.a aws_eip.b"]
