from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops import checkout
from ops.benchmarks import bench, big_plan
from ops.benchmarks import figures as benchmarks
from ops.benchmarks.figures import dependencies, longest_chain
from ops.errors import Problem
from ops.local import engine
from ops.review.verdict import Kind, Verdict
from tests.ops.review.made import reviewed

STACK = {
    "resource": {
        "aws_kms_key": {"Key": {}},
        "aws_sqs_queue": {
            "Dead": {"kms_master_key_id": "${aws_kms_key.Key.arn}"},
            "Main": {"redrive_policy": "${aws_sqs_queue.Dead.arn}", "name": "aws_sqs_queue.Main"},
        },
        "aws_s3_bucket": {"Audit": {"depends_on": ["aws_kms_key.Key"], "x": "${aws_vpc.Foreign.id}"}},
    }
}


def test_references_and_depends_on_are_dependencies() -> None:
    assert dependencies(STACK) == {
        "aws_kms_key.Key": set(),
        "aws_sqs_queue.Dead": {"aws_kms_key.Key"},
        "aws_sqs_queue.Main": {"aws_sqs_queue.Dead"},
        "aws_s3_bucket.Audit": {"aws_kms_key.Key"},
    }


def test_the_longest_chain_is_the_one_that_takes_longest_not_the_one_with_most_links() -> None:
    took = {
        "aws_kms_key.Key": 12,
        "aws_sqs_queue.Dead": 25,
        "aws_sqs_queue.Main": 25,
        "aws_s3_bucket.Audit": 55,
    }
    assert longest_chain(took, dependencies(STACK)) == ["aws_kms_key.Key", "aws_s3_bucket.Audit"]
    assert longest_chain({**took, "aws_s3_bucket.Audit": 1}, dependencies(STACK)) == [
        "aws_kms_key.Key",
        "aws_sqs_queue.Dead",
        "aws_sqs_queue.Main",
    ]
    assert longest_chain({}, {}) == []


@pytest.mark.parametrize("as_json", [True, False])
def test_figures_are_for_people_or_for_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    found = {"fast": {"seconds": 1.5}, "longest_chain": ["a 1 s", "b 2 s"]}
    monkeypatch.setattr(benchmarks, "BENCHMARKS", {"synth": lambda: found})
    assert benchmarks.report([], as_json=as_json) == 0
    printed = capsys.readouterr().out
    if as_json:
        assert json.loads(printed) == {"synth": found}
    else:
        assert [line.split(maxsplit=1) for line in printed.splitlines()[1:]] == [
            ["fast.seconds", "1.5"],
            ["longest_chain", "a 1 s, b 2 s"],
        ]


def test_up_is_not_measured_over_somebodys_running_local_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "status", lambda _: object())
    with pytest.raises(Problem, match="Local AWS is running"):
        benchmarks.up_from_nothing()


def test_the_waits_of_up_are_read_from_its_own_apply(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def line(kind: str, address: str, seconds: int) -> str:
        hook = {"resource": {"addr": address}, "elapsed_seconds": seconds}
        return json.dumps({"type": kind, "hook": hook})

    log = [
        line("apply_progress", "aws_kms_key.Key", 10),
        line("apply_complete", "aws_kms_key.Key", 12),
        line("apply_complete", "aws_sqs_queue.Dead", 0),
        "no JSON",
    ]
    (tmp_path / "payments-dev-apply.log").write_text("\n".join(log))
    (tmp_path / "cdk.tf.json").write_text(json.dumps(STACK))
    monkeypatch.setattr(engine, "status", lambda _: None)
    monkeypatch.setattr("ops.deployment.local.down", lambda: 0)
    monkeypatch.setattr(benchmarks, "run", lambda *_, **__: None)
    monkeypatch.setattr(checkout, "logs_folder", lambda: tmp_path)
    monkeypatch.setattr(checkout, "stack_folder", lambda _: tmp_path)
    figures = benchmarks.up_from_nothing()
    assert figures["longest_chain_seconds"] == 12
    assert figures["longest_chain"] == ["aws_kms_key.Key 12 s"]
    assert figures["above_it_seconds"] == figures["seconds"] - 12


def test_synthesis_is_measured_on_the_app_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: dict[str, object] = {}

    def synth(app: list[Path], *, cwd: Path, variables: dict[str, str]) -> dict[str, object]:
        calls.update(app=app, environment=variables["PAYMENTS_ENV"])
        return {"times_faster": 12.0}

    monkeypatch.setattr("ops.benchmarks.bench.synth", synth)
    assert benchmarks.synthesis() == {"times_faster": 12.0}
    assert calls == {"app": [checkout.python(), checkout.ROOT / "main.py"], "environment": "dev"}


def test_the_unit_tests_are_timed_as_a_person_runs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[object]] = []
    monkeypatch.setattr(benchmarks, "run", lambda command, **_: commands.append(command))
    assert benchmarks.unit_tests()["seconds"] >= 0
    assert commands == [[checkout.ROOT / "payctl", "test", "unit", "-q"]]


def test_a_review_is_measured_on_a_plan_of_2000_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[dict[str, Any]] = []

    def measure(command: list[Any], *, cwd: Path, variables: object) -> bench.Run:
        plan = next(word for word in command[2].split() if word.endswith("plan.json"))
        measured.append(json.loads(Path(plan).read_text()))
        return bench.Run(seconds=1.0, peak_mb=90.0)

    monkeypatch.setattr("ops.benchmarks.bench.measure", measure)
    figures = benchmarks.plan_review()
    assert (figures["resources"], figures["seconds"], figures["peak_mb"]) == (2000, 1.0, 90.0)
    assert len(measured[0]["resource_changes"]) == 2000


def test_the_plan_that_is_measured_has_every_kind_of_change_and_much_to_find() -> None:
    made = reviewed(*big_plan.document(120)["resource_changes"])
    assert set(dict(made.counts.items()).values()) >= {10}
    assert {finding.kind for block in made.blocks for finding in block.findings} >= {
        Kind.DATA_LOSS,
        Kind.IAM,
        Kind.NETWORK,
        Kind.PAYMENTS,
        Kind.SECRET,
    }
    assert made.verdict is Verdict.BLOCKED
