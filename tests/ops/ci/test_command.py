from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.settings.estate import Adoption, EstateSettings
from ops import cli
from ops.ci import command, planning
from ops.ci.forge import required
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt import gate
from ops.estate.use import use
from ops.review import checkov
from ops.review.checkov import FailedCheck
from ops.review.report import Counts, Graph, Report, Review
from ops.review.verdict import Verdict
from ops.target import Target, read
from ops.terraform import terraform
from tests.ops.ci.forges import TOKEN, FakeGitHub, serving

SECRET = "hunter2-in-clear"
KEY = "k" * 32


def plan_of(*changes: dict[str, Any], drift: tuple[dict[str, Any], ...] = ()) -> str:
    """Returns a plan as `terraform show -json` prints it."""
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {},
        "resource_changes": changes,
        "resource_drift": drift,
        "complete": True,
    }
    return json.dumps(document)


def queue(action: str, **after: Any) -> dict[str, Any]:
    change = {"actions": [action], "before": None, "after": {"name": "q", **after}, "after_unknown": {}}
    if action == "update":
        change["before"] = {"name": "q", "delay_seconds": 0}
    return {"address": "aws_sqs_queue.q", "type": "aws_sqs_queue", "mode": "managed", "change": change}


class Terraform:
    """A fake of Terraform: returns `plan_json`, and records plans and applies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.plan_json = plan_of()
        self.calls: list[dict[str, Any]] = []
        self.applied: list[Path] = []
        self.saved: list[Path] = []
        self.failed: list[FailedCheck] = []
        monkeypatch.setattr(planning, "prepare_stack", lambda target: tmp_path)
        monkeypatch.setattr(checkov, "failed", self.check)
        monkeypatch.setattr(planning, "resolve_target", self.resolve_target)
        monkeypatch.setattr(terraform, "plan", self.plan)
        monkeypatch.setattr(terraform, "show", lambda *_: json.loads(self.plan_json))
        monkeypatch.setattr(terraform, "apply", lambda stack, saved, variables: self.applied.append(saved))

    def check(self, file: Path) -> list[FailedCheck]:
        assert json.loads(file.read_text()) == json.loads(self.plan_json)
        assert file.stat().st_mode & 0o077 == 0
        return self.failed

    def resolve_target(self, name: str, *, local: bool) -> Target:
        return Target(environment=read(name), variables={}, local=False)

    def plan(self, stack: Path, variables: Mapping[str, str], *, out: Path, **how: Any) -> int:
        out.write_text(SECRET)
        self.saved.append(out)
        self.calls.append(how)
        return 2


@pytest.fixture
def tf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terraform:
    return Terraform(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeGitHub]:
    """A runner of GitHub's, for pull request 5."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 5}}))
    with serving(FakeGitHub()) as fake:
        for name, value in {
            "GITHUB_API_URL": fake.base,
            "GITHUB_REPOSITORY": "acme/payments",
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "PAYCTL_REVIEW_KEY": KEY,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("GITLAB_CI", raising=False)
        yield fake


def outputs(tmp_path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())


def test_a_plan_leaves_its_review_tells_its_hash_and_writes_nothing_to_aws(
    tf: Terraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tf.plan_json = plan_of(queue("create"))
    assert cli.main(["ci", "plan", "dev", "--out", str(tmp_path / "review")]) == 0
    assert tf.calls == [{"show": False, "targets": (), "refresh": False, "lock": False}]
    written = {file.suffix for file in (tmp_path / "review").iterdir()}
    assert {".md", ".sarif", ".json", ".txt"} <= written
    found = outputs(tmp_path)
    assert (found["verdict"], found["changes"], len(found["hash"])) == ("SAFE", "true", 64)
    assert found["hash"] in (tmp_path / "review" / "review.md").read_text()
    assert (tmp_path / "summary").read_text().strip() == (
        tmp_path / "review" / "review.md"
    ).read_text().strip()
    assert capsys.readouterr().out == "dev: SAFE, 1 create\n"
    assert tf.applied == []


def test_what_the_environments_file_of_waivers_allows_asks_for_nothing(
    tf: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {"address": "aws_dynamodb_table.t", "type": "aws_dynamodb_table", "mode": "managed"}
    gone = {"actions": ["delete"], "before": {"name": "t"}, "after": None, "after_unknown": {}}
    tf.plan_json = plan_of({**table, "change": gone})
    monkeypatch.setattr(planning, "ENVS", tmp_path)
    command.plan("dev", out=tmp_path / "review", local=False)
    (tmp_path / "dev.waivers").write_text("aws_dynamodb_table.t=exported on Monday until 2999-01-31\n")
    command.plan("dev", out=tmp_path / "review", local=False)
    assert capsys.readouterr().out == "dev: BLOCKED, 1 destroy\ndev: SAFE, 1 destroy\n"
    assert "exported on Monday" in (tmp_path / "review" / "review.md").read_text()


def test_no_plan_is_left_behind(tf: Terraform, tmp_path: Path) -> None:
    command.plan("dev", out=tmp_path / "review", local=False)
    assert [saved.exists() for saved in tf.saved] == [False]
    remaining = "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    assert SECRET not in remaining


def test_what_is_to_be_adopted_is_planned_alone_and_refused_where_it_would_do_more(
    tf: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopted = EstateSettings(adopt=(Adoption(address="aws_sqs_queue.q", id="https://sqs/acme"),))
    environment = replace(read("dev"), estate=adopted)
    monkeypatch.setattr(
        planning,
        "resolve_target",
        lambda *_, **__: Target(environment=environment, variables={}, local=False),
    )
    monkeypatch.setattr(gate, "resources_in_state", lambda _: {})
    (tmp_path / "cdk.tf.json").write_text("{}")
    tf.plan_json = plan_of(queue("create"))
    with pytest.raises(Problem, match="q would be created"):
        command.plan("dev", out=tmp_path / "review", local=False)
    with pytest.raises(Problem, match="would not only adopt"):
        command.apply_approved("dev", approved="0" * 64, local=False)
    assert [it["targets"] for it in tf.calls] == [("aws_sqs_queue.q",)] * 2
    assert tf.applied == []


def test_what_is_used_is_looked_at_before_anything_is_planned(
    tf: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unfit(target: Target) -> None:
        raise Problem(f"{target.name} uses what does not fit")

    monkeypatch.setattr(use, "check", unfit)
    with pytest.raises(Problem, match="does not fit"):
        command.plan("dev", out=tmp_path / "review", local=False)
    assert tf.calls == []


def test_outside_of_a_runner_nothing_is_told(
    tf: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_OUTPUT")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert command.plan("dev", out=tmp_path / "review", local=False) == 0
    assert not (tmp_path / "output").exists()


def test_a_blocked_plan_fails_its_job(tf: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "judged", lambda *_: Report((reviewed(Verdict.BLOCKED),)))
    assert command.plan("dev", out=tmp_path / "review", local=False) == 3
    assert (tmp_path / "review" / "review.md").exists()


def test_what_checkov_finds_is_in_the_review(tf: Terraform, tmp_path: Path) -> None:
    tf.plan_json = plan_of(queue("create"))
    tf.failed = [FailedCheck("aws_sqs_queue.q", "CKV_AWS_27", "Ensure all data is encrypted")]
    command.plan("dev", out=tmp_path / "review", local=False)
    assert "CKV_AWS_27" in (tmp_path / "review" / "review.txt").read_text()


def test_the_cost_of_a_plan_is_in_its_review(tf: Terraform, tmp_path: Path) -> None:
    gateway: dict[str, object] = {"actions": ["create"], "before": None, "after": {}, "after_unknown": {}}
    tf.plan_json = plan_of(
        {"address": "aws_nat_gateway.b", "type": "aws_nat_gateway", "mode": "managed", "change": gateway}
    )
    command.plan("dev", out=tmp_path / "review", local=False)
    assert "35.04" in (tmp_path / "review" / "review.md").read_text()


def test_the_comment_is_posted_and_then_kept_current(runner: FakeGitHub, tmp_path: Path) -> None:
    text = tmp_path / "review.md"
    for body in ("first", "second"):
        text.write_text(body)
        assert cli.main(["ci", "comment", "dev", "--text", str(text)]) == 0
    assert [(it["change"], it["body"]) for it in runner.comments] == [
        (5, "<!-- payctl:review:dev -->\nsecond\n")
    ]


def test_a_comment_goes_where_it_is_told_to(runner: FakeGitHub, tmp_path: Path) -> None:
    (tmp_path / "review.md").write_text("text")
    assert command.comment("dev", text=tmp_path / "review.md", change=9) == 0
    assert runner.comments[0]["change"] == 9


def test_a_comment_without_a_review_or_a_pull_request_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Problem, match=r"none\.md cannot be read"):
        command.comment("dev", text=tmp_path / "none.md", change=None)
    (tmp_path / "event.json").write_text("{}")
    with pytest.raises(Problem, match="belongs to no pull request"):
        command.comment("dev", text=tmp_path / "none.md", change=None)


def test_gitlab_says_the_number_itself() -> None:
    assert command.change_of({"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "12"}) == 12


def test_drift_opens_one_issue_and_closes_it(tf: Terraform, runner: FakeGitHub) -> None:
    tf.plan_json = plan_of(queue("update", delay_seconds=5))
    assert cli.main(["ci", "drift", "dev"]) == NEEDS_PERSON
    assert cli.main(["ci", "drift", "dev"]) == NEEDS_PERSON
    tf.plan_json = plan_of()
    assert cli.main(["ci", "drift", "dev"]) == 0
    assert [issue["state"] for issue in runner.issues] == ["closed"]
    assert tf.calls[0] == {"show": False, "targets": (), "refresh": True, "lock": False}
    assert tf.applied == []


def test_what_was_changed_past_terraform_is_drift_also_when_the_plan_does_nothing(
    tf: Terraform, runner: FakeGitHub
) -> None:
    tf.plan_json = plan_of(drift=(queue("update", delay_seconds=5),))
    assert command.drift("dev", local=False) == NEEDS_PERSON
    assert "aws_sqs_queue.q" in runner.issues[0]["body"]


def test_the_approved_plan_is_applied_and_no_other(tf: Terraform, tmp_path: Path) -> None:
    tf.plan_json = plan_of(queue("create"))
    command.plan("dev", out=tmp_path / "review", local=False)
    approved = outputs(tmp_path)["hash"]
    assert cli.main(["ci", "apply-approved", "dev", "--approved", approved]) == 0
    assert tf.calls[-1] == {"show": False, "targets": (), "refresh": False, "lock": True}
    assert tf.applied == tf.saved[-1:]


@pytest.mark.parametrize("now", [plan_of(), plan_of(queue("create", delay_seconds=5))])
def test_another_plan_than_the_approved_one_is_not_applied(tf: Terraform, tmp_path: Path, now: str) -> None:
    tf.plan_json = plan_of(queue("create"))
    command.plan("dev", out=tmp_path / "review", local=False)
    tf.plan_json = now
    with pytest.raises(Problem, match="not the plan that was approved") as caught:
        command.apply_approved("dev", approved=outputs(tmp_path)["hash"], local=False)
    assert caught.value.code == NEEDS_PERSON
    assert tf.applied == []


def test_without_an_approval_nothing_is_applied(tf: Terraform) -> None:
    tf.plan_json = plan_of(queue("create"))
    assert cli.main(["ci", "apply-approved", "dev"]) == NEEDS_PERSON
    assert tf.applied == []


def test_an_empty_plan_that_was_approved_applies_nothing(tf: Terraform, tmp_path: Path) -> None:
    command.plan("dev", out=tmp_path / "review", local=False)
    assert command.apply_approved("dev", approved=outputs(tmp_path)["hash"], local=False) == 0
    assert tf.applied == []


def test_hashes_of_two_jobs_need_one_key(tf: Terraform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYCTL_REVIEW_KEY")
    with pytest.raises(Problem, match="PAYCTL_REVIEW_KEY is not set"):
        command.apply_approved("dev", approved="x", local=False)
    assert tf.calls == []


def reviewed(verdict: Verdict) -> Review:
    return Review(
        environment="dev",
        verdict=verdict,
        counts=Counts(),
        blocks=(),
        rows=(),
        graph=Graph(),
        hash="h",
        shape="s",
    )


def test_a_blocked_plan_is_not_applied_even_when_approved() -> None:
    with pytest.raises(Problem, match="blocked"):
        command.refuse_another(reviewed(Verdict.BLOCKED), "h")
    command.refuse_another(reviewed(Verdict.DANGEROUS), "h")


def test_a_variable_of_the_runner_that_is_missing_is_named() -> None:
    with pytest.raises(Problem, match="CI_X is not set"):
        required(os.environ, "CI_X")
