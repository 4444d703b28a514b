from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.settings.estate import Adoption
from ops.errors import Problem
from ops.estate.adopt import mapping
from ops.estate.adopt.handover import handover
from ops.terraform.states import Instance
from tests.ops.estate.support import instance

URL = "https://sqs/a"
A = instance('module.q["x"].aws_sqs_queue.this["a"]', url=URL, id=URL, arn="arn:a")
B = instance('module.q["x"].aws_sqs_queue.this["b"]', url="https://sqs/b", id="https://sqs/b", arn="arn:b")
POLICY = instance('module.q["x"].aws_sqs_queue_policy.events', queue_url=URL)
ALARM = Instance(
    "aws_cloudwatch_metric_alarm", "aws_cloudwatch_metric_alarm.late", {}, ("module.q.aws_sqs_queue.this",)
)


def test_a_block_goes_when_all_of_its_instances_do_and_takes_its_settings_along() -> None:
    result = handover([A, B, POLICY, ALARM], [A, B])
    assert result.removed().split("\n\n")[0] == (
        "removed {\n  from = module.q.aws_sqs_queue.this\n  lifecycle {\n    destroy = false\n  }\n}"
    )
    assert "from = module.q.aws_sqs_queue_policy.events" in result.removed()
    assert result.referring == ((ALARM, ("module.q.aws_sqs_queue.this",)),)
    assert [line.strip() for line in result.imports().splitlines() if "to =" in line or "id =" in line] == [
        'to = module.q["x"].aws_sqs_queue.this["a"]',
        'id = "https://sqs/a"',
        'to = module.q["x"].aws_sqs_queue.this["b"]',
        'id = "https://sqs/b"',
        'to = module.q["x"].aws_sqs_queue_policy.events',
        'id = "https://sqs/a"',
    ]


def test_one_instance_of_several_is_moved_out_of_its_block_first() -> None:
    blocks = handover([A, B], [A]).removed()
    assert blocks.startswith(
        'moved {\n  from = module.q["x"].aws_sqs_queue.this["a"]\n'
        "  to   = aws_sqs_queue.module_q_x_aws_sqs_queue_this_a\n}\n"
    )
    assert "removed {\n  from = aws_sqs_queue.module_q_x_aws_sqs_queue_this_a\n" in blocks


def test_what_only_aws_told_of_has_no_block() -> None:
    assert handover([], [Instance("aws_vpc", "", {"id": "vpc-1"})]).removed() == ""


ONE = Adoption(address="aws_vpc.V", id="vpc-1")
TWO = Adoption(address="aws_sns_topic.T", id="arn:t", name="t")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "envs" / "dev.toml"
    path.parent.mkdir()
    path.write_text("# ours\n[logs]\nretention_days = 90    # why\n")
    return path


def test_the_table_is_added_and_then_replaced_and_nothing_else_is_touched(file: Path) -> None:
    before = file.read_text()
    mapping.write(file, [ONE])
    assert file.read_text() == f'{before}\n[estate.adopt]\n"aws_vpc.V" = "vpc-1"\n'
    file.write_text(file.read_text() + "\n[waf]\nrequests_per_5_minutes = 500\n")
    mapping.write(file, [ONE, TWO])
    assert file.read_text() == (
        f'{before}\n[estate.adopt]\n"aws_sns_topic.T" = {{ id = "arn:t", name = "t" }}\n'
        '"aws_vpc.V" = "vpc-1"\n'
        "\n[waf]\nrequests_per_5_minutes = 500\n"
    )
    assert [path.name for path in file.parent.iterdir()] == ["dev.toml"]


def test_lines_that_the_file_could_not_be_read_with_are_not_written(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(Problem, match="Nothing was written"):
        mapping.write(file, [Adoption(address="no address", id="x")])
    assert file.read_bytes() == before


def test_an_environment_without_a_file_adopts_nothing(file: Path) -> None:
    with pytest.raises(Problem, match="short-lived environment adopts nothing"):
        mapping.write(file.with_name("pr1.toml"), [ONE])
