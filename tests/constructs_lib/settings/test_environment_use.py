"""Settings of existing resources that an environment uses."""

from pathlib import Path

import pytest

from constructs_lib.settings.environments import EnvironmentErrors, load
from constructs_lib.settings.existing_resources import UsedTopics, UseSettings, key_services
from tests.constructs_lib.conftest import read

VPC = "vpc-0123456789abcdef0"
ONE, TWO = "subnet-0123456789abcdef0", "subnet-0123456789abcdef1"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:oncall"
WHOLE = f"""
security.guard_duty = "existing"
[estate.use]
vpc = "{VPC}"
private_subnets = ["{ONE}", "{TWO}"]
key = "{KEY}"
log_bucket = "acme.access-logs"
detector = "{"0123456789abcdef" * 2}"
[estate.use.topics]
cost = "{TOPIC}"
ops = "{TOPIC}"
security = "{TOPIC}"
"""


def problems(envs: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(EnvironmentErrors) as errors:
        read(envs, text)
    return errors.value.problems


def test_everything_that_is_used_is_read(envs: Path) -> None:
    assert read(envs, WHOLE).estate.use == UseSettings(
        vpc=VPC,
        private_subnets=(ONE, TWO),
        key=KEY,
        log_bucket="acme.access-logs",
        detector="0123456789abcdef" * 2,
        topics=UsedTopics(cost=TOPIC, ops=TOPIC, security=TOPIC),
    )


def test_nothing_is_used_by_default(envs: Path) -> None:
    assert read(envs, "").estate.use == UseSettings()


def test_short_lived_environments_use_what_dev_uses(envs: Path) -> None:
    read(envs, f'estate.use.key = "{KEY}"')
    assert load("pr7255", envs=envs).estate.use.key == KEY


@pytest.mark.parametrize(
    ("setting", "value", "must"),
    [
        ("vpc", "shop", 'must be the id of a VPC such as "vpc-0123456789abcdef0"'),
        ("private_subnets", ["x"], 'item 1 must be the id of a subnet such as "subnet-0123456789abcdef0"'),
        ("key", KEY.replace(":key/", ":alias/"), "must be the ARN of a KMS key, not of an alias"),
        ("topics.ops", f"{TOPIC}.fifo", "must be the ARN of a standard SNS topic"),
        ("log_bucket", "Logs", "must be the name of an S3 bucket"),
        ("detector", "mine", "must be the id of a GuardDuty detector, 32 hexadecimal digits"),
    ],
)
def test_what_is_used_has_the_form_of_its_kind(envs: Path, setting: str, value: object, must: str) -> None:
    found = problems(envs, f"estate.use.{setting} = {value!r}".replace("'", '"'))
    assert must in found[0]
    assert f"estate.use.{setting}" in found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f'estate.use.vpc = "{VPC}"',
            f'estate.use.vpc = "{VPC}", estate.use.private_subnets = []: must be set together',
        ),
        (
            f'estate.use = {{vpc = "{VPC}", private_subnets = ["{ONE}"]}}',
            f'estate.use.private_subnets = ["{ONE}"]: '
            "must be at least two, in different zones, without duplicates",
        ),
        (
            f'estate.use = {{vpc = "{VPC}", private_subnets = ["{ONE}", "{ONE}"]}}',
            f'estate.use.private_subnets = ["{ONE}", "{ONE}"]: '
            "must be at least two, in different zones, without duplicates",
        ),
        (
            f'estate.use.topics.ops = "{TOPIC}"\nalerts.ops = ["a@example.com"]',
            f'estate.use.topics.ops = "{TOPIC}", alerts.ops = ["a@example.com"]: '
            "an existing topic has its own subscribers: add them to the topic, not here",
        ),
        (
            f'estate.use.topics.ops = "{TOPIC}"\naws.region = "eu-north-1"',
            f'estate.use.topics.ops = "{TOPIC}", aws.region = "eu-north-1": '
            "must be in the environment's region",
        ),
        (
            f'estate.use.topics.cost = "{TOPIC}"\naws.account = "210987654321"',
            f'estate.use.topics.cost = "{TOPIC}", aws.account = "210987654321": '
            "must be in the environment's account",
        ),
        (
            f'estate.use.detector = "{"ab" * 16}"',
            f'estate.use.detector = "{"ab" * 16}", security.guard_duty = "off": '
            'a detector is used with guard_duty = "existing" only',
        ),
        (
            f'estate.use = {{vpc = "{VPC}", private_subnets = ["{ONE}", "{TWO}"]}}\n'
            "security.shield_advanced = true",
            f'estate.use.vpc = "{VPC}", security.shield_advanced = true: '
            "Shield Advanced protects NAT gateways that this stack creates; an existing VPC has its own",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(envs: Path, text: str, expected: str) -> None:
    assert problems(envs, text) == (f"envs/dev.toml: {expected}",)


def test_all_problems_come_at_once(envs: Path) -> None:
    wrong = f'aws.region = "eu-north-1"\n[estate.use]\nvpc = "x"\nkey = "{KEY}"\ntopics.cost = "{TOPIC}"'
    assert len(problems(envs, wrong)) == 3


def test_a_key_is_used_by_fewer_services_where_topics_are_used_too(envs: Path) -> None:
    assert sorted(key_services("eu-west-1", UsedTopics())) == [
        "budgets.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "costalerts.amazonaws.com",
        "events.amazonaws.com",
        "logs.eu-west-1.amazonaws.com",
    ]
    assert sorted(key_services("eu-west-1", read(envs, WHOLE).estate.use.topics)) == [
        "events.amazonaws.com",
        "logs.eu-west-1.amazonaws.com",
    ]
