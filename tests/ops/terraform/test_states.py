from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import Problem
from ops.estate.adopt import templates
from ops.terraform import states

KEPT = {
    "version": 4,
    "resources": [
        {"mode": "data", "type": "aws_vpc", "name": "x", "instances": [{"attributes": {}}]},
        {
            "module": 'module.queues["eu"]',
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "this",
            "instances": [
                {"index_key": "a", "attributes": {"name": "acme-a"}, "dependencies": ["aws_kms_key.k"]},
                {"index_key": 0, "attributes": {"name": "acme-0"}},
                {"index_key": 0, "deposed": "1234", "attributes": {"name": "going"}},
            ],
        },
    ],
}
SHOWN = {
    "values": {
        "root_module": {
            "resources": [
                {"mode": "data", "type": "aws_vpc", "address": "data.aws_vpc.x", "values": {}},
                {
                    "mode": "managed",
                    "type": "aws_vpc",
                    "address": "aws_vpc.this",
                    "values": {"id": "vpc-1", "tags": {"Name": "acme"}},
                },
            ],
            "child_modules": [
                {
                    "resources": [
                        {
                            "mode": "managed",
                            "type": "aws_subnet",
                            "address": "module.n.aws_subnet.a[0]",
                            "values": {"id": "subnet-1"},
                            "depends_on": ["aws_vpc.this"],
                        }
                    ]
                }
            ],
        }
    }
}


def read(folder: Path, document: Any) -> tuple[states.Instance, ...]:
    file = folder / "estate.json"
    file.write_text(json.dumps(document))
    return states.read(str(file), {})


def test_a_state_tells_every_managed_instance_by_its_address(tmp_path: Path) -> None:
    first, second = read(tmp_path, KEPT)
    assert first.address == 'module.queues["eu"].aws_sqs_queue.this["a"]'
    assert (first.needs, first.title) == (("aws_kms_key.k",), "acme-a")
    assert second.address == 'module.queues["eu"].aws_sqs_queue.this[0]'


def test_what_terraform_shows_of_a_state_says_the_same(tmp_path: Path) -> None:
    vpc, subnet = read(tmp_path, SHOWN)
    assert (vpc.address, vpc.title) == ("aws_vpc.this", "acme")
    assert (subnet.address, subnet.needs, subnet.title) == (
        "module.n.aws_subnet.a[0]",
        ("aws_vpc.this",),
        "subnet-1",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "is no state of Terraform"),
        ('{"version": 3}', "of another version than 4"),
    ],
)
def test_what_is_no_state_is_told(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(Problem, match=problem) as raised:
        states.read(str(tmp_path / "x"), {})
    assert "terraform show -json" in raised.value.hint


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read: No such file"):
        states.read(str(tmp_path / "nothing"), {})


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    return program


def _script(program: Path, output: str) -> dict[str, str]:
    version = '[ "$1" != version ] || { echo Terraform v1.11.4; exit; }'
    program.write_text(f"#!/bin/sh\n{version}\ncat <<'X'\n{output}\nX\n")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/bin:/usr/bin"}


def test_a_terraform_root_is_asked_for_its_state(terraform: Path, tmp_path: Path) -> None:
    first, _ = states.read(str(tmp_path), _script(terraform, json.dumps(KEPT)))
    assert first.attributes == {"name": "acme-a"}


def test_a_root_without_a_state_is_told(terraform: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="has no state"):
        states.read(str(tmp_path), _script(terraform, ""))


@pytest.mark.parametrize(
    ("template", "attributes", "text"),
    [
        ("{a}", {"a": "x"}, "x"),
        ("{a}", {"a": ""}, None),
        ("{a|b}", {"a": None, "b": "y"}, "y"),
        ("{f}[:{q}]/{s}", {"f": "f", "q": "live", "s": "s"}, "f:live/s"),
        ("{f}[:{q}]/{s}", {"f": "f", "q": "", "s": "s"}, "f/s"),
        ("{tags.Name}", {"tags": {"Name": "n"}}, "n"),
        ("{tags.Name}", {"tags": None}, None),
        ("sg_{cidrs}", {"cidrs": ["10.0.0.0/8", "0.0.0.0/0"]}, "sg_10.0.0.0/8_0.0.0.0/0"),
    ],
)
def test_an_id_is_made_of_attributes(template: str, attributes: dict[str, Any], text: str | None) -> None:
    assert templates.fill_template(template, attributes) == text


def test_a_question_is_made_of_attributes_or_not_asked_at_all() -> None:
    filled = templates.fill_structure({"Names": ["{name}"], "Size": 5}, {"name": "x"})
    assert filled == {"Names": ["x"], "Size": 5}
    with pytest.raises(LookupError):
        templates.fill_structure({"Names": ["{name}"]}, {})
    assert templates.template_attributes("{a|b}[,{c}]") == ("a", "b", "c")
