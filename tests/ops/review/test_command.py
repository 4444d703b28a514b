from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops import checkout, cli
from ops.errors import FAILED, NEEDS_PERSON
from ops.review import command
from ops.terraform import terraform
from tests.ops.review.made import document, entry

TABLE = {"name": "t", "hash_key": "pk"}
LOST = entry("aws_dynamodb_table.Payments_130453D3", TABLE, None)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkout, "state_folder", lambda root=None: tmp_path)
    monkeypatch.setattr(checkout, "logs_folder", lambda: tmp_path)
    monkeypatch.setattr(checkout, "stack_folder", lambda name: tmp_path / "stacks" / f"payments-{name}")
    return tmp_path


def write(name: str, *entries: dict[str, Any], **more: Any) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(json.dumps(document(*entries, **more)))
    return name


def synthesized(folder: Path) -> Path:
    folder.mkdir(parents=True)
    note = {"metadata": {"path": "payments-dev/Payments/Resource"}, "accepted": {"CKV_1": "because"}}
    stack = {"resource": {"aws_dynamodb_table": {"Payments_130453D3": {"//": note}, "bare": {}}}}
    (folder / "cdk.tf.json").write_text(json.dumps(stack))
    return folder


@pytest.mark.parametrize(
    ("entries", "code", "word"),
    [
        ([], 0, "SAFE  plan"),
        ([entry("aws_sqs_queue.q", {"a": 1}, {"a": 2})], 2, "REVIEW  plan"),
        ([entry("aws_sqs_queue.q", {}, None)], 2, "DANGEROUS  plan"),
        ([LOST], 3, "BLOCKED  plan"),
    ],
)
def test_the_exit_code_is_that_of_the_verdict(
    entries: list[dict[str, Any]], code: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["review", write("plan.json", *entries)]) == code
    assert capsys.readouterr().out.startswith(word)


def test_constructs_and_acceptances_come_from_the_stack_beside_the_plan(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = synthesized(place / "payments-dev")
    write("payments-dev/plan.json", entry("aws_dynamodb_table.Payments_130453D3", None, TABLE))
    failed = {"check_id": "CKV_1", "check_name": "N", "resource": "aws_dynamodb_table.Payments_130453D3"}
    Path("checkov.json").write_text(json.dumps({"results": {"failed_checks": [failed]}}))
    assert cli.main(["review", str(folder / "plan.json"), "--checkov", "checkov.json"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("SAFE  dev\n")
    assert "construct Payments/Resource" in output
    assert "Accepted: because" in output
    assert "Reproduce: ./payctl plan dev --out plan && ./payctl review dev=plan" in output


def test_the_usual_stack_of_a_named_environment_is_found(place: Path) -> None:
    synthesized(place / "stacks" / "payments-dev")
    assert command.source("dev=x.json", None).stack == place / "stacks" / "payments-dev"
    assert command.source("payments-dev.tfplan", None).name == "dev"
    assert command.source("prod.json", None).stack is None
    assert command.source("prod.json", place / "stacks" / "payments-dev").name == "dev"


def test_several_plans_are_one_report_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["review", f"dev={write('a.json')}", f"prod={write('b.json', LOST)}", "--json"]
    words += ["--out", "c.md", "--out", "r.sarif", "--out", "r.json", "--out", "r.txt"]
    assert cli.main(words) == 3
    output = json.loads(capsys.readouterr().out)
    assert [review["verdict"] for review in output["reviews"]] == ["SAFE", "BLOCKED"]
    assert json.loads(Path("r.json").read_text()) == output
    assert Path("c.md").read_text().startswith("<!-- payctl review: dev prod -->")
    assert "data-loss/destroyed" in Path("r.sarif").read_text()
    plain = Path("r.txt").read_text()
    assert "BLOCKED" in plain
    assert "\x1b" not in plain


def test_a_secret_of_one_environment_is_not_shown_in_the_review_of_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("a.json", entry("aws_sqs_queue.q", {"name": "planted-secret"}, {"name": "planted-secret"}))
    secret = entry(
        "aws_db_instance.d",
        {"password": "x"},
        {"password": "planted-secret"},
        after_sensitive={"password": True},
    )
    write("b.json", secret)
    write("a.json", entry("aws_sqs_queue.q", {"name": "other"}, {"name": "planted-secret"}))
    assert cli.main(["review", "a.json", "b.json"]) == 2
    assert "planted-secret" not in capsys.readouterr().out


def test_waivers_and_baselines_are_handed_on(capsys: pytest.CaptureFixture[str]) -> None:
    write("dev.json", LOST, entry("aws_sqs_queue.q", None, {"name": "q"}))
    Path("waivers").write_text("aws_dynamodb_table.Payments_130453D3=never used until 9999-12-31\n")
    failed = {"check_id": "CKV_1", "check_name": "N", "resource": "aws_sqs_queue.q"}
    Path("checkov.json").write_text(json.dumps({"results": {"failed_checks": [failed]}}))
    words = ["review", "dev.json", "--waivers", "waivers", "--checkov", "dev=checkov.json"]
    assert cli.main([*words, "--checkov-baseline", "dev=checkov.json"]) == 0
    assert "Waived until 9999-12-31: never used" in capsys.readouterr().out
    assert cli.main(words) == 2


@pytest.mark.parametrize(
    ("words", "code", "output"),
    [
        (["nothing.json"], FAILED, "nothing.json cannot be read: No such file or directory.\n"),
        (["dev=a.json", "dev=b.json"], NEEDS_PERSON, "Two plans are named dev."),
        (["a.json", "--out", "a.pdf"], FAILED, "a.pdf: the suffix chooses the format"),
        (["a.json", "--waive", "x"], NEEDS_PERSON, "--waive x: not address=reason until"),
        (["a.json", "--checkov", "prod=c.json"], NEEDS_PERSON, "prod=c.json: there is no plan named prod."),
        (["saved.tfplan"], NEEDS_PERSON, "saved.tfplan is a saved plan of an unknown stack."),
    ],
)
def test_what_is_wrong_is_one_sentence(
    words: list[str], code: int, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.json")
    write("b.json")
    Path("saved.tfplan").write_bytes(b"PK\x03\x04")
    assert cli.main(["review", *words]) == code
    assert capsys.readouterr().err.startswith(output)


def test_of_a_saved_plan_terraform_says_the_json(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = synthesized(place / "stacks" / "payments-dev")
    Path("dev.tfplan").write_bytes(b"PK\x03\x04")
    shown: list[tuple[Path, Path]] = []

    def show(stack: Path, saved: Path, variables: Any) -> Any:
        shown.append((stack, saved))
        return document(LOST)

    monkeypatch.setattr(terraform, "show", show)
    assert cli.main(["review", "dev=dev.tfplan"]) == 3
    assert shown == [(folder, place / "dev.tfplan")]
    assert "construct Payments/Resource" in capsys.readouterr().out
