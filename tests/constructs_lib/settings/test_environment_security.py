"""Settings of fleets and of threat detection."""

import tomllib
from pathlib import Path

import pytest

from constructs_lib.settings.environments import EnvironmentErrors, load, load_all
from constructs_lib.settings.reader import Reader
from constructs_lib.settings.schema import Environment, FleetSettings, SecuritySettings

ONE_DETECTOR = 'aws.account = "000000000001"\nsecurity.guard_duty = "create"\n'


def write(envs: Path, name: str, text: str) -> None:
    (envs / f"{name}.toml").write_text(text, encoding="utf-8")


def problems(text: str) -> list[str]:
    reader = Reader()
    reader.table(Environment, tomllib.loads(text), name="dev")
    return reader.problems


def test_prod_has_machines_of_its_own_and_two_of_them_are_never_spot() -> None:
    assert load("prod").fleet == FleetSettings(
        min=2,
        max=10,
        desired=3,
        instance_types=("m7g.medium", "m6g.medium"),
        on_demand_base=2,
        detailed_monitoring=True,
    )
    for name in ("dev", "staging"):
        fleet = load(name).fleet
        assert (fleet.instance_types, fleet.on_demand_base, fleet.spot) == (
            ("t4g.micro", "t4g.small"),
            1,
            True,
        )


def test_only_prod_makes_a_detector_and_none_has_shield_advanced() -> None:
    assert {name: load(name).security.guard_duty.value for name in ("dev", "staging", "prod")} == {
        "dev": "off",
        "staging": "off",
        "prod": "create",
    }
    assert not any(load(name).security.shield_advanced for name in ("dev", "staging", "prod"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'fleet.instance_types = ["t3.micro"]',
            'fleet.instance_types = ["t3.micro"]: item 1 must be an arm64 type such as "t4g.micro"',
        ),
        ("fleet.spot = 1", "fleet.spot = 1: must be true or false"),
        (
            'security.guard_duty = "on"',
            'security.guard_duty = "on": must be one of create, existing, off',
        ),
    ],
)
def test_a_value_is_of_its_kind(text: str, expected: str) -> None:
    assert problems(text) == [expected]


@pytest.mark.parametrize("kind", ["t4g.micro", "m7g.medium", "c8g.xlarge", "r6g.large"])
def test_machines_are_of_the_arm64_families(kind: str) -> None:
    assert problems(f'fleet.instance_types = ["{kind}"]') == []


@pytest.mark.parametrize("types", ["[]", '["t4g.micro", "t4g.micro"]'])
def test_a_fleet_has_machines_and_none_of_them_twice(envs: Path, types: str) -> None:
    write(envs, "dev", f"fleet.instance_types = {types}")
    with pytest.raises(EnvironmentErrors, match=r"must be at least one type, without duplicates$"):
        load("dev", envs=envs)


def test_a_fleet_grows_before_its_alarm_rings(envs: Path) -> None:
    write(envs, "dev", "fleet.cpu_percent = 70\nalarms.ec2_cpu_percent = 70")
    with pytest.raises(EnvironmentErrors) as caught:
        load("dev", envs=envs)
    assert caught.value.problems == (
        "envs/dev.toml: fleet.cpu_percent = 70, alarms.ec2_cpu_percent = 70: "
        "the fleet must grow before the alarm: cpu_percent below ec2_cpu_percent",
    )


def test_an_environment_without_a_file_leaves_its_account_alone(envs: Path) -> None:
    write(envs, "dev", 'security = {guard_duty = "create", shield_advanced = true}')
    short_lived = load("pr1", envs=envs)
    assert short_lived.security == SecuritySettings()


def test_two_environments_of_one_account_and_region_do_not_both_make_a_detector(envs: Path) -> None:
    for name in ("live", "prod"):
        write(envs, name, ONE_DETECTOR)
    with pytest.raises(EnvironmentErrors) as caught:
        load_all(("live", "prod", "live"), envs=envs)
    assert caught.value.problems == (
        'envs/prod.toml: security.guard_duty = "create": must be "existing", '
        "as live creates the detector of the same account and region",
    )


@pytest.mark.parametrize(
    "other",
    [
        'security.guard_duty = "create"',
        'aws.account = "000000000002"\nsecurity.guard_duty = "create"',
        f'{ONE_DETECTOR}aws.region = "eu-west-2"',
        'aws.account = "000000000001"\nsecurity.guard_duty = "existing"',
    ],
)
def test_in_different_accounts_or_regions_each_makes_its_own(envs: Path, other: str) -> None:
    write(envs, "live", ONE_DETECTOR)
    write(envs, "other", other)
    assert len(load_all(("live", "other"), envs=envs)) == 2
