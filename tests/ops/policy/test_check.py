"""Findings of Checkov, and accepted ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ops import checkout
from ops.errors import Problem
from ops.policy import check as command
from ops.policy.check import judge, text
from ops.review.checkov import FailedCheck, failed
from ops.terraform import terraform

LOGS = FailedCheck("aws_s3_bucket.Audit", "CKV_AWS_18", "access logging")
OPEN = FailedCheck("aws_s3_bucket.Audit", "CKV_AWS_144", "replication")
REASONS = {"aws_s3_bucket.Audit": {"CKV_AWS_18": "why not"}}


def answer(*checks: FailedCheck, resources: int = 3) -> dict[str, Any]:
    rows = [{"resource": one.resource, "check_id": one.check, "check_name": one.title} for one in checks]
    return {"summary": {"resource_count": resources}, "results": {"failed_checks": rows}}


@pytest.fixture
def checkov(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replaces Checkov by a program that prints the file `answer` and exits with the code in `code`."""
    program, code = tmp_path / "python", tmp_path / "checkov.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{code}" "$@"\n')
    code.write_text(
        f"import pathlib, sys\nhere = pathlib.Path({str(tmp_path)!r})\n"
        "(here / 'words').write_text(' '.join(sys.argv[1:]))\n"
        "print((here / 'answer').read_text())\nsys.exit(int((here / 'code').read_text()))\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(checkout, "python", lambda folder: program)
    (tmp_path / "code").write_text("1")
    (tmp_path / "answer").write_text(json.dumps(answer(LOGS, OPEN)))
    return tmp_path


def test_what_fails_is_found_in_order_and_nothing_is_asked_of_a_network(checkov: Path) -> None:
    assert failed(checkov / "plan.json") == [OPEN, LOGS]
    words = (checkov / "words").read_text()
    assert f"--file {checkov / 'plan.json'}" in words
    assert "--skip-download" in words


def test_several_reports_are_one(checkov: Path) -> None:
    (checkov / "answer").write_text(json.dumps([answer(LOGS), answer(OPEN)]))
    assert failed(checkov / "plan.json") == [OPEN, LOGS]


@pytest.mark.parametrize("output", ["", "Traceback", "[1]", json.dumps(answer(resources=0))])
def test_an_answer_about_nothing_is_no_clean_bill(checkov: Path, output: str) -> None:
    (checkov / "answer").write_text(output)
    with pytest.raises(Problem, match="Checkov's answer cannot be read"):
        failed(checkov / "plan.json")


def test_a_checkov_that_fails_is_a_problem(checkov: Path) -> None:
    (checkov / "code").write_text("2")
    with pytest.raises(Problem, match="exit code 2"):
        failed(checkov / "plan.json")


def test_a_finding_is_open_until_it_is_accepted_on_its_own_resource() -> None:
    found = judge([LOGS, OPEN], REASONS)
    assert (found.open, found.accepted, found.needless) == ([OPEN], [(LOGS, "why not")], [])
    elsewhere = FailedCheck("aws_s3_bucket.Other", "CKV_AWS_18", "access logging")
    assert judge([LOGS, elsewhere], REASONS).open == [elsewhere]


def test_what_is_accepted_and_does_not_fail_is_told() -> None:
    found = judge([], REASONS)
    assert found.needless == [("aws_s3_bucket.Audit", "CKV_AWS_18")]
    assert text("dev", found) == "dev: 0 open, 0 accepted, 1 not needed"


def test_the_report_groups_what_is_accepted_for_one_reason() -> None:
    other = FailedCheck("aws_s3_bucket.Other", "CKV_AWS_18", "access logging")
    shown = text(
        "dev", judge([LOGS, other], {each.resource: {"CKV_AWS_18": "why not"} for each in (LOGS, other)})
    )
    assert shown.splitlines() == ["accepted CKV_AWS_18 2 x: why not", "dev: 0 open, 2 accepted, 0 not needed"]


@pytest.mark.parametrize(("accepted", "code"), [("CKV_AWS_18", 0), ("CKV_AWS_144", 2)])
def test_the_command_plans_shows_checks_and_leaves_no_plan(
    checkov: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    accepted: str,
    code: int,
) -> None:
    (checkov / "answer").write_text(json.dumps(answer(LOGS)))
    stack = checkov / "stack"
    stack.mkdir()
    body = {"//": {"accepted": {accepted: "why not"}}}
    (stack / "cdk.tf.json").write_text(json.dumps({"resource": {"aws_s3_bucket": {"Audit": body}}}))
    saved: list[Path] = []

    def plan(folder: Path, variables: object, out: Path, *, show: bool) -> int:
        saved.append(out)
        return 2

    monkeypatch.setattr(command, "prepare_stack", lambda target: stack)
    monkeypatch.setattr(terraform, "plan", plan)
    monkeypatch.setattr(terraform, "show", lambda *_: {"resource_changes": []})
    assert command.check("dev", local=False, as_json=True) == code
    output = json.loads(capsys.readouterr().out)
    assert [one["check"] for one in output["accepted"]] == (["CKV_AWS_18"] if code == 0 else [])
    assert len(output["open"]) == len(output["needless"]) == (0 if code == 0 else 1)
    assert not saved[0].parent.exists()
