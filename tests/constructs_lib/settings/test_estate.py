"""The table [estate] of an environment's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.settings.environments import EnvironmentErrors, load
from constructs_lib.settings.estate import Adoption, EstateSettings, Move, Tags

WHOLE = """
[estate]
tags = "keep"
allow = ["aws_s3_bucket.A", "aws_dynamodb_table.B.deletion_protection_enabled"]
[estate.adopt]
"aws_vpc.Network_1C6012B5" = "vpc-0123"
"aws_sqs_queue.Queue_4A7E3555" = { id = "https://sqs/acme", name = "acme", keep = ["policy", "tags.Name"] }
[estate.move]
"aws_sns_topic.Alerts_Cost_19B3C424" = 'module.alerts["eu"].aws_sns_topic.this[0]'
"""


@pytest.fixture
def envs(tmp_path: Path) -> Path:
    return tmp_path


def read(envs: Path, text: str, name: str = "dev") -> EstateSettings:
    (envs / "dev.toml").write_text(text)
    return load(name, envs=envs).estate


def problems(envs: Path, text: str) -> list[str]:
    with pytest.raises(EnvironmentErrors) as errors:
        read(envs, text)
    return [problem.partition("dev.toml: ")[2] for problem in errors.value.problems]


def test_an_id_alone_or_a_table_with_one_adopts(envs: Path) -> None:
    assert read(envs, WHOLE) == EstateSettings(
        adopt=(
            Adoption(address="aws_vpc.Network_1C6012B5", id="vpc-0123"),
            Adoption(
                address="aws_sqs_queue.Queue_4A7E3555",
                id="https://sqs/acme",
                name="acme",
                keep=("policy", "tags.Name"),
            ),
        ),
        move=(
            Move(
                address="aws_sns_topic.Alerts_Cost_19B3C424",
                previous='module.alerts["eu"].aws_sns_topic.this[0]',
            ),
        ),
        tags=Tags.KEEP,
        allow=("aws_s3_bucket.A", "aws_dynamodb_table.B.deletion_protection_enabled"),
    )


def test_every_mistake_is_told_at_once_by_its_name(envs: Path) -> None:
    text = """
    [estate]
    tags = "mine"
    [estate.adopt]
    "Queue" = "x"
    "aws_vpc.A" = { name = "acme" }
    "aws_vpc.B" = { id = "", keep = ["no such"], address = "aws_vpc.C" }
    [estate.move]
    "aws_vpc.D" = "somewhere else"
    """
    found = problems(envs, text)
    assert [problem.partition(":")[0].partition(" = ")[0] for problem in found] == [
        "estate.tags",
        "estate.adopt.Queue",
        'estate.adopt."aws_vpc.A"',
        'estate.adopt."aws_vpc.B".id',
        'estate.adopt."aws_vpc.B".keep',
        'estate.adopt."aws_vpc.B".address',
        'estate.move."aws_vpc.D".previous',
    ]
    assert found[2].endswith("must have id")


def test_adopt_is_a_table(envs: Path) -> None:
    assert problems(envs, "[estate]\nadopt = 3\n") == ["estate.adopt = 3: must be a table"]


def test_a_short_lived_environment_adopts_nothing_of_devs(envs: Path) -> None:
    estate = read(envs, WHOLE, name="pr7255")
    assert estate.adopt == ()
    assert estate.move == ()
