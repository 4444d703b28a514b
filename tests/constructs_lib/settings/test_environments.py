"""Environments: their figures, their names and their files."""

import dataclasses
import subprocess
import sys
import tomllib
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from constructs_lib.settings.environments import ENVS, EnvironmentErrors, load, load_all, names
from constructs_lib.settings.schema import Egress, Environment
from tests.constructs_lib.conftest import read

# The figures


@pytest.mark.parametrize(
    ("name", "memory", "processor", "handler", "fleet", "alarms", "waf"),
    [
        ("dev", 512, 30, 60, (1, 2, 1), (10, 20, 200, 100, 90), 500),
        ("staging", 512, 30, 60, (1, 3, 2), (5, 10, 100, 50, 80), 1000),
        ("prod", 1024, 60, 120, (2, 10, 3), (3, 5, 50, 20, 70), 5000),
    ],
)
def test_each_environment_has_its_exact_figures(
    name: str,
    memory: int,
    processor: int,
    handler: int,
    fleet: tuple[int, int, int],
    alarms: tuple[int, int, int, int, int],
    waf: int,
) -> None:
    environment = load(name)
    assert environment.name == name
    assert environment.lambda_.memory_mb == memory
    assert environment.lambda_.payment_processor_timeout == timedelta(seconds=processor)
    assert environment.lambda_.event_handler_timeout == timedelta(seconds=handler)
    assert (environment.fleet.min, environment.fleet.max, environment.fleet.desired) == fleet
    assert dataclasses.astuple(environment.alarms) == alarms
    assert environment.waf.requests_per_5_minutes == waf
    assert environment.network.egress is Egress.SINGLE_NAT
    assert environment.network.zones == 2


FIGURES = {
    "lambda": {"memory_mb", "payment_processor_timeout", "event_handler_timeout"},
    "fleet": {"min", "max", "desired"},
    "alarms": {"lambda_errors", "dynamodb_throttles", "api_4xx", "api_5xx", "ec2_cpu_percent"},
    "waf": {"requests_per_5_minutes"},
}


@pytest.mark.parametrize("name", names())
def test_every_figure_is_stated_in_every_file(name: str) -> None:
    file = tomllib.loads((ENVS / f"{name}.toml").read_text(encoding="utf-8"))
    assert {table: keys & set(file[table]) for table, keys in FIGURES.items()} == FIGURES


def test_only_prod_is_protected() -> None:
    assert [it.name for it in load_all(names()) if it.protected] == ["prod"]


def test_devs_file_says_nothing_but_the_defaults() -> None:
    assert load("dev") == Environment(name="dev")


def test_lasting_environments_have_addresses_of_their_own() -> None:
    networks = [it.network.cidr for it in load_all(names())]
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))


def test_messages_stay_invisible_for_six_times_their_handlers_time_out() -> None:
    for environment in load_all(names()):
        assert environment.queue.visibility_timeout == 6 * environment.lambda_.event_handler_timeout


def test_prod_keeps_its_logs_for_twelve_months() -> None:
    assert load("prod").logs.retention_days == 365


# Names and files


def test_an_environment_without_a_file_has_devs_values_under_its_own_name() -> None:
    assert load("pr7255") == dataclasses.replace(load("dev"), name="pr7255")


def test_an_environment_without_a_file_stays_in_devs_account_and_is_never_protected(envs: Path) -> None:
    assert read(envs, 'protected = true\naws.account = "000000000001"').protected
    short_lived = load("pr1", envs=envs)
    assert not short_lived.protected
    assert short_lived.aws.account == "000000000001"


def test_a_file_of_its_own_is_read_and_its_protection_kept(envs: Path) -> None:
    assert read(envs, "protected = true", "live").protected
    assert names(envs) == ("live",)


def test_an_empty_file_means_the_defaults(envs: Path) -> None:
    assert read(envs, "") == Environment(name="dev")


@pytest.mark.parametrize("name", ["prod", "staging", "dev"])
def test_a_lasting_environment_never_takes_anothers_values(envs: Path, name: str) -> None:
    if name != "dev":
        read(envs, "")
    with pytest.raises(EnvironmentErrors, match=rf"^envs/{name}\.toml: cannot be read: No such file"):
        load(name, envs=envs)


def test_without_devs_file_there_is_no_short_lived_environment(envs: Path) -> None:
    with pytest.raises(EnvironmentErrors, match=r"^envs/dev\.toml: cannot be read: No such file"):
        load("pr1", envs=envs)


def test_a_dangling_link_is_not_taken_for_no_file(envs: Path) -> None:
    read(envs, "")
    (envs / "live.toml").symlink_to("gone.toml")
    with pytest.raises(EnvironmentErrors, match=r"^envs/live\.toml: cannot be read: No such file"):
        load("live", envs=envs)


def test_an_impossible_name_is_told_what_is_possible_and_what_there_is() -> None:
    with pytest.raises(EnvironmentErrors) as caught:
        load("Prod!")
    assert caught.value.problems == (
        "environment 'Prod!': must be 1 to 16 characters a-z, 0-9 and single dashes between them, a letter "
        "first; backend and default are reserved; envs/ has dev, prod, staging",
    )


def test_a_file_with_an_impossible_name_is_not_passed_over(envs: Path) -> None:
    for file in ("Prod.toml", "default.toml", "dev.toml"):
        (envs / file).touch()
    with pytest.raises(EnvironmentErrors) as caught:
        names(envs)
    assert [it.split(":")[0] for it in caught.value.problems] == ["envs/Prod.toml", "envs/default.toml"]


def test_names_are_sorted_and_editors_files_are_none(envs: Path) -> None:
    for file in ("zz.toml", "dev.toml", ".#dev.toml", "dev.toml~", "notes.md"):
        (envs / file).touch()
    assert names(envs) == ("dev", "zz")


def test_a_problem_names_the_file_that_was_read_and_stands_on_one_line(envs: Path) -> None:
    (envs / "dev.toml").write_text('protected = 1\nlambda.memory_mb = 64\nfleet.min = 3\naws."\\n" = ""')
    with pytest.raises(EnvironmentErrors) as caught:
        load("pr1", envs=envs)
    assert caught.value.problems == (
        "envs/dev.toml: protected = 1: must be true or false",
        "envs/dev.toml: lambda.memory_mb = 64: must be 128 to 10240",
        'envs/dev.toml: aws."\\n" = "": unknown; must be one of region, account',
        "envs/dev.toml: fleet.min = 3, fleet.desired = 1, fleet.max = 2: must be min <= desired <= max",
    )
    assert str(caught.value).splitlines() == list(caught.value.problems)


def test_the_problems_of_all_files_come_at_once_and_once(envs: Path) -> None:
    (envs / "dev.toml").write_text("fleet = 1")
    (envs / "prod.toml").write_text("= waf")
    with pytest.raises(EnvironmentErrors) as caught:
        load_all(("dev", "pr1", "prod", "X"), envs=envs)
    assert [it.split(":")[0] for it in caught.value.problems] == [
        "envs/dev.toml",
        "envs/prod.toml",
        "environment 'X'",
    ]


def test_environments_are_loaded_in_the_order_asked_for() -> None:
    assert [it.name for it in load_all(("staging", "pr1", "dev"))] == ["staging", "pr1", "dev"]


# The objects


def test_settings_cannot_be_changed_and_can_be_hashed() -> None:
    environment = load("prod")
    for table in (
        environment,
        *(getattr(environment, it.name) for it in dataclasses.fields(environment)[2:]),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(table, dataclasses.fields(table)[0].name, None)
        assert not hasattr(table, "__dict__")
    assert isinstance(hash(environment), int)


def test_settings_need_no_construct_library() -> None:
    code = """
import sys, types
package = types.ModuleType("constructs_lib")
package.__path__ = ["constructs_lib"]
sys.modules["constructs_lib"] = package
import constructs_lib.settings.environments, constructs_lib.aws.compute.packaging
print(sorted({"cdktf", "jsii", "constructs", "boto3"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ENVS.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
