from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import Problem
from ops.review.build import Extras
from ops.review.checkov import FailedCheck
from ops.review.judges.policy import read
from ops.review.report import Review
from tests.ops.review.made import entry, findings, reviewed, rules

QUEUE = entry("aws_sqs_queue.q", {"tags": {"a": "1"}}, {"tags": {"a": "2"}})
STILL = entry("aws_sqs_queue.still", {"name": "s"}, {"name": "s"}, actions=["no-op"])
CHECK = FailedCheck("aws_sqs_queue.q", "CKV_AWS_27", "Ensure encryption", "https://docs.example/27")


def checked(*entries: Any, failed: Any = (CHECK,), baseline: Any = None, accepted: Any = None) -> Review:
    extras = Extras(
        failed=frozenset(failed),
        baseline=None if baseline is None else frozenset(baseline),
        accepted=accepted or {},
    )
    return reviewed(*entries, extras=extras)


def test_a_finding_is_merged_onto_the_row_of_its_resource() -> None:
    made = checked(QUEUE)
    assert [finding.rule for finding in made.rows[0].findings] == ["policy/uncompared"]
    assert findings(made)[0].title == "CKV_AWS_27 Ensure encryption"
    assert findings(made)[0].details == ("https://docs.example/27",)


def test_new_ones_are_told_apart_from_old_ones() -> None:
    other = FailedCheck("aws_sqs_queue.q", "CKV_OLD")
    made = checked(QUEUE, failed=(CHECK, other), baseline=(other,))
    assert [(each.rule, each.title) for each in findings(made)] == [
        ("policy/new", "CKV_AWS_27 Ensure encryption"),
        ("policy/old", "CKV_OLD"),
    ]
    assert made.verdict.name == "REVIEW"
    assert checked(QUEUE, failed=(other,), baseline=(other,)).verdict.name == "SAFE"


def test_what_the_code_accepts_asks_for_nothing_and_tells_why() -> None:
    made = checked(QUEUE, baseline=(), accepted={"aws_sqs_queue.q": {"CKV_AWS_27": "no payload in it"}})
    assert rules(made) == ["policy/accepted"]
    assert findings(made)[0].details[0] == "Accepted: no payload in it"


def test_findings_at_what_does_not_change_are_counted() -> None:
    made = checked(
        QUEUE, STILL, failed=(FailedCheck("aws_sqs_queue.still", "A"), FailedCheck("aws_x.nowhere", "B"))
    )
    assert rules(made) == []
    assert made.notes == ("2 policy findings at resources that do not change.",)


def test_a_new_finding_at_what_does_not_change_is_told() -> None:
    new = (FailedCheck("aws_sqs_queue.still", "A"), FailedCheck("aws_x.nowhere", "B"))
    made = checked(STILL, failed=new, baseline=())
    assert rules(made) == ["policy/new"]
    assert made.notes == ("1 policy finding at resources that do not change.",)


def test_a_moved_and_a_renamed_resource_keep_their_old_findings() -> None:
    table = {"name": "t", "hash_key": "pk"}
    moved = entry("aws_sqs_queue.q", {}, {}, actions=["no-op"], previous_address="aws_sqs_queue.old")
    renamed = (entry("aws_dynamodb_table.a", table, None), entry("aws_dynamodb_table.b", None, table))
    failed = (FailedCheck("aws_sqs_queue.q", "A"), FailedCheck("aws_dynamodb_table.b", "B"))
    before = (FailedCheck("aws_sqs_queue.old", "A"), FailedCheck("aws_dynamodb_table.a", "B"))
    made = checked(moved, *renamed, failed=failed, baseline=before)
    assert [rule for rule in rules(made) if rule.startswith("policy")] == ["policy/old", "policy/old"]


def report(*checks: dict[str, Any]) -> dict[str, Any]:
    return {"check_type": "terraform_plan", "results": {"failed_checks": list(checks)}}


ONE = {
    "check_id": "CKV_1",
    "check_name": "N",
    "resource": "aws_x.y",
    "guideline": None,
    "evaluations": "secret",
}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (report(ONE), {FailedCheck("aws_x.y", "CKV_1", "N")}),
        ([report(ONE), report()], {FailedCheck("aws_x.y", "CKV_1", "N")}),
        ({"passed": 0, "failed": 0, "resource_count": 0}, set()),
        (
            {
                "failed_checks": [
                    {"file": "/plan.json", "findings": [{"resource": "aws_x.y", "check_ids": ["CKV_1"]}]}
                ]
            },
            {FailedCheck("aws_x.y", "CKV_1")},
        ),
    ],
)
def test_what_checkov_writes_is_read(tmp_path: Path, document: Any, found: set[FailedCheck]) -> None:
    path = tmp_path / "checkov.json"
    path.write_text(json.dumps(document))
    assert read(path) == found


@pytest.mark.parametrize("document", [{}, [1], {"results": {}}, {"results": {"failed_checks": [{}]}}])
def test_what_is_not_checkovs_is_one_sentence(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "checkov.json"
    path.write_text(json.dumps(document))
    with pytest.raises(Problem, match="is JSON, but not of Checkov"):
        read(path)
