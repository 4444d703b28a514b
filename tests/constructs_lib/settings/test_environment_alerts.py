"""Settings of alerts and budgets."""

import tomllib
from pathlib import Path

import pytest

from constructs_lib.settings.environments import ENVS, EnvironmentErrors, load, load_all, names
from constructs_lib.settings.reader import Reader
from constructs_lib.settings.schema import AnomalyMonitor, Environment
from tests.constructs_lib.conftest import read

MUST = "must be an email address, an https URL or the ARN of an SQS queue"


def problems(text: str) -> list[str]:
    reader = Reader()
    reader.table(Environment, tomllib.loads(text), name="dev")
    return reader.problems


@pytest.mark.parametrize(
    "endpoint",
    [
        "oncall@example.com",
        "a.b+payments@mail.example.co.uk",
        "https://example.com/hook?to=ops",
        "arn:aws:sqs:eu-west-1:123456789012:pager",
        "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:pager_2",
    ],
)
@pytest.mark.parametrize("topic", ["cost", "ops", "security"])
def test_whoever_can_be_told_may_be_named(topic: str, endpoint: str) -> None:
    assert problems(f'alerts.{topic} = ["{endpoint}"]') == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "oncall",
        "oncall@example",
        "on call@example.com",
        "http://example.com/hook",
        "https://",
        "+44 20 7946 0000",
        "arn:aws:sqs:eu-west-1:1234:pager",
        "arn:aws:sqs:eu-west-1:123456789012:pager.fifo",  # a standard topic cannot feed it
        "arn:aws:lambda:eu-west-1:123456789012:function:pager",
    ],
)
def test_what_cannot_be_told_is_refused_with_its_place(endpoint: str) -> None:
    [problem] = problems(f'alerts.ops = ["oncall@example.com", "{endpoint}"]')
    assert problem.endswith(f": item 2 {MUST}")


def test_nobody_is_named_twice_for_one_thing(envs: Path) -> None:
    assert read(envs, '[alerts]\ncost = ["a@b.c"]\nops = ["a@b.c", "d@e.f"]').alerts.ops == ("a@b.c", "d@e.f")
    with pytest.raises(EnvironmentErrors, match=r"alerts\.cost = .*: must have no duplicates$"):
        read(envs, '[alerts]\ncost = ["a@b.c", "a@b.c"]')


def test_no_file_of_ours_tells_a_person() -> None:
    assert [it.alerts for it in load_all(names())] == [Environment(name="dev").alerts] * len(names())


@pytest.mark.parametrize(
    ("name", "monthly", "anomalies", "impact"),
    [
        ("dev", 100, AnomalyMonitor.ENVIRONMENT, 10),
        ("staging", 150, AnomalyMonitor.ENVIRONMENT, 15),
        ("prod", 500, AnomalyMonitor.ACCOUNT, 25),
    ],
)
def test_each_environment_has_its_budget(
    name: str, monthly: int, anomalies: AnomalyMonitor, impact: int
) -> None:
    budget = load(name).budget
    assert (budget.monthly_usd, budget.anomalies, budget.anomaly_usd) == (monthly, anomalies, impact)


def test_only_one_environment_of_an_account_watches_the_account() -> None:
    assert [it.name for it in load_all(names()) if it.budget.anomalies is AnomalyMonitor.ACCOUNT] == ["prod"]


@pytest.mark.parametrize(
    ("devs", "its"), [("account", "environment"), ("environment", "environment"), ("off", "off")]
)
def test_a_short_lived_environment_never_watches_the_account(envs: Path, devs: str, its: str) -> None:
    read(envs, f'budget.anomalies = "{devs}"')
    assert load("pr7255", envs=envs).budget.anomalies == its


@pytest.mark.parametrize("key", ["monthly_usd", "anomaly_usd"])
def test_dollars_are_whole_and_some(key: str) -> None:
    for amount in (1, 10_000_000):
        assert problems(f"budget.{key} = {amount}") == []
    for amount in (0, 10_000_001):
        assert problems(f"budget.{key} = {amount}") == [
            f"budget.{key} = {amount}: must be 1 to 10000000",
        ]


def test_anomalies_are_watched_in_one_of_three_ways() -> None:
    assert problems('budget.anomalies = "off"') == []
    assert problems('budget.anomalies = "service"') == [
        'budget.anomalies = "service": must be one of environment, account, off'
    ]


def test_every_file_says_whom_it_tells_and_what_it_may_spend() -> None:
    for name in names():
        tables = tomllib.loads((ENVS / f"{name}.toml").read_text(encoding="utf-8"))
        assert set(tables["alerts"]) == {"cost", "ops", "security"}
        assert "monthly_usd" in tables["budget"]
