from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.cost.resources import Resource, of_stack

NESTED = {"a": [{"b": {"c": [1, 2]}}, {"b": {"c": [3]}}], "list": [], "text": "t"}


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
