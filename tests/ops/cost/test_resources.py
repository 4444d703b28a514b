from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.cost.resources import Resource, of_plan, of_stack

NESTED = {"a": [{"b": {"c": [1, 2]}}, {"b": {"c": [3]}}], "list": [], "text": "t"}


def change(
    actions: list[str], before: Any, after: Any, *, address: str = "aws_kms_key.k", mode: str = "managed"
) -> dict[str, Any]:
    made = {"actions": actions, "before": before, "after": after}
    return {"address": address, "type": address.partition(".")[0], "mode": mode, "change": made}


@pytest.mark.parametrize(
    ("path", "value"),
    [("text", "t"), ("a.b.c", [1, 2]), ("a.1.b.c.0", 3), ("a.5.b", None), ("list.x", None), ("text.x", None)],
)
def test_a_path_steps_into_blocks_and_takes_the_first_of_several(path: str, value: object) -> None:
    assert Resource("r", "t", NESTED, "r").get(path) == value


@pytest.mark.parametrize(("path", "number"), [("a", 2), ("a.b", 2), ("a.b.c", 3), ("list", 0), ("none.b", 0)])
def test_blocks_are_counted_through_all_blocks_on_the_way(path: str, number: int) -> None:
    assert Resource("r", "t", NESTED, "r").count(path) == number


def test_a_synthesized_stack_is_read_with_the_paths_of_its_constructs(tmp_path: Path) -> None:
    file = tmp_path / "cdk.tf.json"
    body = {"name": "q", "//": {"metadata": {"path": "payments-dev/Queue/Resource"}}}
    file.write_text(json.dumps({"resource": {"aws_sqs_queue": {"Queue_1": body, "Other": {}}}}))
    one, other = of_stack(file)
    assert (one.address, one.type, one.path) == (
        "aws_sqs_queue.Queue_1",
        "aws_sqs_queue",
        "payments-dev/Queue/Resource",
    )
    assert other.path == other.address


def test_a_plan_has_two_sides_and_what_is_forgotten_goes_on_costing() -> None:
    before, after = of_plan(
        [
            change(["create"], None, {"n": 1}, address="aws_kms_key.new"),
            change(["delete"], {"n": 2}, None, address="aws_kms_key.old"),
            change(["delete", "create"], {"n": 3}, {"n": 4}, address="aws_kms_key.replaced"),
            change(["forget"], {"n": 5}, None, address="aws_kms_key.forgotten"),
            change(["read"], None, {"n": 6}, address="data.aws_kms_key.read", mode="data"),
        ]
    )
    assert {it.address: it.get("n") for it in before} == {
        "aws_kms_key.old": 2,
        "aws_kms_key.replaced": 3,
        "aws_kms_key.forgotten": 5,
    }
    assert {it.address: it.get("n") for it in after} == {
        "aws_kms_key.new": 1,
        "aws_kms_key.replaced": 4,
        "aws_kms_key.forgotten": 5,
    }
