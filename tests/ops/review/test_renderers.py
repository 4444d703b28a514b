from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest

from ops.errors import Problem
from ops.review.build import Extras
from ops.review.checkov import FailedCheck
from ops.review.renderers import as_json, markdown, sarif, text
from ops.review.renderers import by_suffix as renderers
from ops.review.report import Command, Cost, Report, Waiver
from tests.ops.review.made import entry, reported, reviewed

TABLE = {"name": "t", "hash_key": "pk"}
LOST = entry("aws_dynamodb_table.Old_1", TABLE, None)
RENAMED = (LOST, entry("aws_dynamodb_table.New_2", None, TABLE))
UPDATED = entry("aws_sqs_queue.q", {"name": "a"}, {"name": "b"})
FULL = Extras(
    waivers={"aws_sqs_queue.q": Waiver("for good", "2026-12-31")},
    failed=frozenset(
        [FailedCheck("aws_dynamodb_table.New_2", "CKV_1", "N"), FailedCheck("aws_sqs_queue.q", "CKV_2", "M")]
    ),
    baseline=frozenset([FailedCheck("aws_dynamodb_table.New_2", "CKV_1", "N")]),
    commands=(Command("Reproduce", "./payctl plan dev"),),
)


def full() -> Report:
    moved = entry("aws_sqs_queue.m", {}, {}, actions=["no-op"], previous_address="aws_sqs_queue.p")
    return reported(*RENAMED, UPDATED, moved, extras=FULL)


def on_terminal(report: Report) -> str:
    return click.unstyle(text.render(report))


def test_a_terminal_shows_the_verdict_first_and_what_is_open_before_the_rest() -> None:
    lines = on_terminal(full()).splitlines()
    assert lines[0] == "BLOCKED  dev: Data loss"
    assert lines[1] == "1 create, 1 update, 1 destroy, 1 move"
    headings = [
        line for line in lines if line and not line.startswith((" ", "Reproduce", "Canonical", "Note"))
    ]
    assert headings[2:] == [
        "Data loss",
        "Probable renames",
        "Policy findings",
        "Moved, imported, forgotten",
        "Other changes",
        "Changes",
    ]
    output = "\n".join(lines)
    assert 'Paste: resource.move_from_id("aws_dynamodb_table.Old_1")' in output
    assert "Waived until 2026-12-31: for good" in output
    assert "Reproduce: ./payctl plan dev" in output
    assert '      name: "a" → "b"' in output
    assert "  → m  (aws_sqs_queue.m)" in output
    assert '→ "b"\n      policy: CKV_2 (new)\n' in output


def test_an_empty_plan_is_safe_in_every_format() -> None:
    assert on_terminal(reported()).startswith("SAFE  dev\nNo changes.\n")
    assert "## 🟢 SAFE dev\n\nNo changes." in markdown.render(reported())
    assert json.loads(as_json.render(reported()))["verdict"] == "SAFE"
    assert json.loads(sarif.render(reported()))["runs"][0]["results"] == []


def test_many_addresses_and_rows_are_cut_on_a_terminal() -> None:
    drifted = [entry(f"aws_sqs_queue.q{at}", {"delay": 1}, {"delay": 2}) for at in range(9)]
    made = reported(
        *(entry(f"aws_sqs_queue.n{at:02}", None, {"name": f"n{at}"}) for at in range(60)),
        resource_drift=drifted,
    )
    output = on_terminal(made)
    assert "aws_sqs_queue.q0, aws_sqs_queue.q1, aws_sqs_queue.q2 and 6 more" in output
    assert "  and 20 more: write them" in output


def several() -> Report:
    reviews = [reviewed(UPDATED, name=name) for name in ("dev", "staging")]
    return Report((*reviews, reviewed(LOST, name="prod")))


def test_several_environments_are_one_table_with_equal_plans_collapsed() -> None:
    lines = on_terminal(several()).splitlines()
    assert lines[:3] == [
        "dev      REVIEW     1 update",
        "staging  REVIEW     1 update  as dev",
        "prod     BLOCKED    1 destroy",
    ]
    assert "REVIEW  dev, staging: Other changes" in lines
    output = markdown.render(several())
    assert "<!-- payctl review: dev staging prod -->" in output
    assert "| staging | 🟡 REVIEW | 1 update | as dev |" in output
    assert output.count("## 🟡 REVIEW dev, staging: Other changes") == 1
    assert "Changes, by construct · prod" in output


def test_the_comment_begins_with_its_marker_and_folds_what_is_safe() -> None:
    output = markdown.render(full())
    assert output.startswith(markdown.marker(full()) + "\n\n## ⛔ BLOCKED dev: Data loss")
    head, _, folded = output.partition("<details>")
    assert "### Data loss" in head
    assert '```python\n  resource.move_from_id("aws_dynamodb_table.Old_1")\n  ```' in head
    assert "Moved, imported, forgotten (1)" in folded
    assert "```mermaid\nflowchart LR" in folded
    assert "Reproduce: `./payctl plan dev`" in folded
    assert "create `aws_dynamodb_table.New_2`, policy: CKV\\_1 (old)" in folded


def test_nothing_in_a_comment_is_markup_of_its_own() -> None:
    evil = "<!-- payctl --> @everyone | **x** `y` <img src=x>"
    extras = Extras(waivers={'aws_sqs_queue.q["`<b>"]': Waiver(evil, "2026-12-31")})
    output = markdown.render(reported({**UPDATED, "address": 'aws_sqs_queue.q["`<b>"]'}, extras=extras))
    body = output.partition("\n")[2]
    assert "<!--" not in body.replace("\\<", "")
    assert "@everyone" not in body
    assert '`` aws_sqs_queue.q["`<b>"] ``' in body
    assert "\\<img src=x\\>" in body


def test_a_comment_that_is_too_long_is_cut_at_the_end_and_says_so() -> None:
    entries = [entry(f"aws_dynamodb_table.t{at:04}", {"name": f"é{at}" * 9}, None) for at in range(40)]
    entries += [
        entry(f"aws_sqs_queue.q{at:04}", {"name": f"a{at}" * 9}, {"name": f"b{at}" * 9}) for at in range(900)
    ]
    output = markdown.render(reported(*entries))
    assert len(output.encode()) <= markdown.LIMIT
    assert output.startswith("<!-- payctl review: dev -->")
    assert "aws_dynamodb_table.t0039" in output
    assert output.endswith(markdown.OVERFLOW)
    assert output.count("<details>") == output.count("</details>")


def test_a_single_part_that_is_too_long_is_left_out_whole() -> None:
    entries = [
        entry(f"aws_sqs_queue.q{at:04}", {"name": f"a{at}"}, {"name": f"b{at}", "x": at})
        for at in range(1000)
    ]
    output = markdown.render(reported(*entries))
    assert len(output.encode()) <= markdown.LIMIT
    assert "BLOCKED" not in output
    assert "## 🟡 REVIEW dev: Other changes" in output


def test_sarif_has_a_result_for_each_finding_with_its_rule_level_and_place() -> None:
    run = json.loads(sarif.render(full()))["runs"][0]
    results = {each["ruleId"]: each for each in run["results"]}
    assert {each["id"] for each in run["tool"]["driver"]["rules"]} == results.keys()
    assert results["data-loss/destroyed"]["level"] == "error"
    assert results["state/moved"]["level"] == "note"
    assert results["policy/old"]["baselineState"] == "unchanged"
    assert results["change/updated"]["suppressions"][0]["justification"] == "for good (until 2026-12-31)"
    assert "Paste: " in results["rename/probable"]["message"]["text"]
    place = results["data-loss/destroyed"]["locations"][0]
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "aws_dynamodb_table.Old_1"
    assert Path(place["physicalLocation"]["artifactLocation"]["uri"]).exists()


def test_json_has_everything_but_what_is_internal() -> None:
    cost = Cost(
        fixed_before=Decimal("1.10"),
        fixed_after=Decimal(2),
        per_million_before=Decimal(3),
        per_million_after=Decimal(4),
    )
    (made,) = full().reviews
    output: dict[str, Any] = json.loads(as_json.render(Report((dataclasses.replace(made, cost=cost),))))
    assert (output["verdict"], output["exit_code"], output["groups"]) == ("BLOCKED", 3, [["dev"]])
    (review,) = output["reviews"]
    assert review["counts"] == {
        **dict.fromkeys(review["counts"], 0),
        "create": 1,
        "update": 1,
        "destroy": 1,
        "move": 1,
    }
    assert review["blocks"][0]["kind"] == "data-loss"
    assert review["blocks"][0]["findings"][0]["verdict"] == "BLOCKED"
    assert review["cost"]["fixed_before"] == "1.10"
    assert "shape" not in review


def test_the_format_of_a_file_is_that_of_its_suffix(tmp_path: Path) -> None:
    for suffix in renderers.MODULES:
        renderers.write(reported(LOST), tmp_path / f"review{suffix}")
        assert "aws" in (tmp_path / f"review{suffix}").read_text()
    with pytest.raises(Problem, match=r"one of \.txt, \.md, "):
        renderers.known(tmp_path / "review.pdf")


def test_notes_stand_below_the_verdict() -> None:
    made = reported(extras=Extras(waivers={"aws_x.y": Waiver("why", "2026-12-31")}))
    assert "Note: The waiver of aws_x.y has no finding to waive." in on_terminal(made)
    assert "> The waiver of aws\\_x.y has no finding to waive." in markdown.render(made)
