from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ops.errors import NEEDS_PERSON, Problem
from ops.review import waivers
from ops.review.build import Extras
from ops.review.report import Review, Waiver
from ops.review.verdict import Verdict
from tests.ops.review.made import entry, findings, reviewed

LOST = entry("aws_dynamodb_table.t", {"name": "t"}, None)


def waived(until: str, address: str = "aws_dynamodb_table.t") -> Review:
    return reviewed(LOST, extras=Extras(waivers={address: Waiver("empty", until)}))


def test_a_waived_finding_is_shown_and_asks_for_nothing() -> None:
    made = waived("2026-12-31")
    assert made.verdict is Verdict.SAFE
    assert findings(made)[0].waiver == Waiver("empty", "2026-12-31")
    assert made.notes == ()


def test_a_waiver_holds_to_the_end_of_its_day() -> None:
    assert waived("2026-06-15").verdict is Verdict.SAFE
    made = waived("2026-06-14")
    assert made.verdict is Verdict.BLOCKED
    assert made.notes == ("The waiver of aws_dynamodb_table.t expired on 2026-06-14.",)


def test_a_waiver_of_something_else_waives_nothing_and_is_told() -> None:
    made = waived("2026-12-31", "aws_dynamodb_table.other")
    assert made.verdict is Verdict.BLOCKED
    assert made.notes == ("The waiver of aws_dynamodb_table.other has no finding to waive.",)


def test_a_finding_at_several_addresses_needs_a_waiver_of_each() -> None:
    drifted = [entry(f"aws_sqs_queue.{name}", {"delay": 1}, {"delay": 2}) for name in "ab"]
    one = {"aws_sqs_queue.a": Waiver("why", "2026-12-31")}
    both = one | {"aws_sqs_queue.b": Waiver("why", "2026-12-31")}
    assert reviewed(resource_drift=drifted, extras=Extras(waivers=one)).verdict is Verdict.REVIEW
    assert reviewed(resource_drift=drifted, extras=Extras(waivers=both)).verdict is Verdict.SAFE


def test_a_plan_that_is_not_whole_cannot_be_waived() -> None:
    waived = {"": Waiver("why", "2026-12-31")}
    assert reviewed(errored=True, extras=Extras(waivers=waived)).verdict is Verdict.BLOCKED


def test_waivers_are_read_from_options_and_files(tmp_path: Path) -> None:
    file = tmp_path / "waivers"
    file.write_text(
        '# Comment\n\n  aws_x.y["a=b"]=moved = gone until now until 2027-01-31  \n'
        "aws_x.z[0]=x until 2027-02-28\n"
    )
    assert waivers.read(["module.m.aws_q.a=r until 2027-03-31"], [file]) == {
        "module.m.aws_q.a": Waiver("r", "2027-03-31"),
        'aws_x.y["a=b"]': Waiver("moved = gone until now", "2027-01-31"),
        "aws_x.z[0]": Waiver("x", "2027-02-28"),
    }


def test_all_mistakes_in_waivers_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "waivers"
    file.write_text("aws_x.y=no end\naws_x.z=wrong day until 2027-02-30\n")
    with pytest.raises(Problem) as caught:
        waivers.read(["only-address"], [file])
    assert caught.value.code == NEEDS_PERSON
    assert caught.value.what.splitlines() == [
        "--waive only-address: not address=reason until YYYY-MM-DD.",
        f"{file}:1: not address=reason until YYYY-MM-DD.",
        f"{file}:2: not address=reason until YYYY-MM-DD.",
    ]


def test_a_file_of_waivers_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="the waivers cannot be read"):
        waivers.read([], [tmp_path / "none"])


def test_a_day_is_compared_as_a_day() -> None:
    waived, _ = waivers.waive([], {"a": Waiver("r", "2026-01-01")}, date(2026, 1, 1))
    assert waived == []
