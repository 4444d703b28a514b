"""Limits of settings, and settings that contradict each other."""

from dataclasses import fields, is_dataclass
from datetime import timedelta
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib.settings.environments import EnvironmentErrors
from constructs_lib.settings.reader import Reader
from constructs_lib.settings.schema import Environment, NetworkSettings, carve
from tests.constructs_lib.conftest import read


def problem(envs: Path, text: str) -> str:
    with pytest.raises(EnvironmentErrors) as caught:
        read(envs, text)
    (only,) = caught.value.problems
    return only


def alone(key: str, value: object) -> list[str]:
    """Returns the problems of one value, without those of rules between settings."""
    table, _, setting = key.partition(".")
    reader = Reader()
    reader.table(Environment, {table: {setting: value}}, name="dev")
    return reader.problems


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [
        ("network.zones", 2, 4),
        ("lambda.memory_mb", 128, 10_240),
        ("lambda.payment_processor_timeout", 1, 900),
        ("lambda.event_handler_timeout", 1, 900),
        ("lambda.authorizer_timeout", 1, 29),
        ("queue.visibility_timeout", 1, 43_200),
        ("queue.max_receives", 1, 1000),
        ("queue.retention", 60, 13 * 86_400),
        ("api.throttle_rate", 1, 10_000),
        ("api.throttle_burst", 1, 5_000),
        ("payments.max_amount", 1, 999_999_999_999),
        ("fleet.min", 0, 1000),
        ("fleet.max", 1, 1000),
        ("fleet.desired", 0, 1000),
        ("fleet.on_demand_base", 0, 1000),
        ("fleet.cpu_percent", 10, 90),
        ("fleet.memory_percent", 10, 90),
        ("alarms.lambda_errors", 1, 1_000_000),
        ("alarms.dynamodb_throttles", 1, 1_000_000),
        ("alarms.api_4xx", 1, 1_000_000),
        ("alarms.api_5xx", 1, 1_000_000),
        ("alarms.ec2_cpu_percent", 1, 100),
        ("waf.requests_per_5_minutes", 10, 2_000_000_000),
    ],
)
def test_a_number_lies_between_its_limits(key: str, least: int, most: int) -> None:
    assert alone(key, least) == alone(key, most) == []
    for outside in (least - 1, most + 1):
        assert alone(key, outside) == [f"{key} = {outside}: must be {least} to {most}"]


@pytest.mark.parametrize("key", ["logs.retention_days", "network.flow_log_retention_days"])
def test_logs_are_kept_for_a_time_that_cloudwatch_offers(key: str) -> None:
    offered = "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922"
    offered += ", 3288, 3653"
    days = [int(word) for word in offered.split(", ")]
    assert [day for day in days if alone(key, day)] == []
    for day in {known + step for known in days for step in (-1, 1)} - set(days):
        assert alone(key, day) == [f"{key} = {day}: must be one of {offered}"]


@pytest.mark.parametrize(
    ("key", "good", "bad", "allowed"),
    [
        ("aws.account", "000000000001", 123456789012, "a string of 12 digits"),
        ("aws.account", "123456789012", "12345678901", "a string of 12 digits"),
        ("aws.region", "us-gov-west-1", "Ireland", 'a region such as "eu-west-1"'),
        ("state.bucket", "a" * 63, "a" * 64, "3 to 63 of a-z, 0-9 and dashes between them"),
        ("state.bucket", "a-1", "a.b", "3 to 63 of a-z, 0-9 and dashes between them"),
        ("state.table", "a" * 255, "a" * 256, "3 to 255 of A-Z, a-z, 0-9, dash, dot and underscore"),
        ("network.egress", "none", "nat", "one of none, single_nat, nat_per_az"),
        ("lambda.log_level", "WARN", "warn", "one of DEBUG, INFO, WARN, ERROR"),
    ],
)
def test_a_word_is_of_its_kind(key: str, good: str, bad: object, allowed: str) -> None:
    assert alone(key, good) == []
    (problem_,) = alone(key, bad)
    assert problem_.endswith(f": must be {allowed}")


def as_in_a_file(value: object) -> object:
    if is_dataclass(value):
        read = {it.name: as_in_a_file(getattr(value, it.name)) for it in fields(value)}
        return {name: it for name, it in read.items() if it is not None}
    if isinstance(value, tuple):
        return [str(block) for block in value]
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return str(value) if isinstance(value, IPv4Network) else value


TABLES = ("estate.adopt", "estate.move", "estate.use")  # empty in a file: no list, but a table


def test_every_default_keeps_its_own_limits() -> None:
    environment = Environment(name="dev")
    for table in fields(environment)[2:]:
        for setting in fields(getattr(environment, table.name)):
            path = f"{table.name.rstrip('_')}.{setting.name}"
            default = as_in_a_file(getattr(getattr(environment, table.name), setting.name))
            if path in TABLES:
                default = {}
            if default is not None:
                assert alone(path, default) == []


# What contradicts itself


@pytest.mark.parametrize("sizes", [(3, 2, 2), (1, 2, 3), (2, 3, 1)])
def test_a_fleets_size_lies_between_its_limits(envs: Path, sizes: tuple[int, int, int]) -> None:
    low, high, desired = sizes
    assert problem(envs, f"fleet = {{min = {low}, max = {high}, desired = {desired}}}") == (
        f"envs/dev.toml: fleet.min = {low}, fleet.desired = {desired}, fleet.max = {high}: "
        "must be min <= desired <= max"
    )


def test_a_message_is_invisible_for_as_long_as_its_handler_may_take(envs: Path) -> None:
    read(envs, "queue.visibility_timeout = 60")
    assert problem(envs, "queue.visibility_timeout = 59") == (
        "envs/dev.toml: queue.visibility_timeout = 59, lambda.event_handler_timeout = 60: "
        "a message must stay invisible for at least the time-out of its handler"
    )


def test_a_message_lives_until_its_last_attempt(envs: Path) -> None:
    read(envs, "queue.retention = 1801")
    assert problem(envs, "queue.retention = 1800") == (
        "envs/dev.toml: queue.retention = 1800, queue.visibility_timeout = 360, queue.max_receives = 5: "
        "retention must be over visibility_timeout * max_receives, or messages expire before the last try"
    )


# Networks

ADDRESSES = IPv4Network("10.9.0.0/25")


@settings(deadline=None)
@given(prefix=st.integers(16, 25), zones=st.integers(2, 4), place=st.integers(0, 2**16 - 1))
def test_carved_subnets_fit_and_never_overlap(prefix: int, zones: int, place: int) -> None:
    cidr = IPv4Network((0x0A000000 + (place << 8), prefix), strict=False)
    public, private = carve(cidr, zones)
    assert len(public) == len(private) == zones
    assert all(subnet.subnet_of(cidr) and subnet.prefixlen <= 28 for subnet in public + private)
    assert not any(one.overlaps(other) for one, other in combinations(public + private, 2))


@pytest.mark.parametrize("zones", [2, 3])
def test_a_further_zone_moves_no_subnet(zones: int) -> None:
    for more, fewer in zip(carve(ADDRESSES, zones + 1), carve(ADDRESSES, zones), strict=True):
        assert more[:zones] == fewer


def test_subnets_are_there_without_being_given(envs: Path) -> None:
    network = NetworkSettings(cidr=ADDRESSES)
    assert network.public_subnets == (IPv4Network("10.9.0.0/28"), IPv4Network("10.9.0.16/28"))
    assert network.private_subnets == (IPv4Network("10.9.0.64/28"), IPv4Network("10.9.0.80/28"))
    assert read(envs, 'network.cidr = "10.9.0.0/25"').network == network


def test_subnets_may_be_given(envs: Path) -> None:
    text = """
        [network]
        cidr = "10.9.0.0/26"
        public_subnets = ["10.9.0.0/28", "10.9.0.16/28"]
        private_subnets = ["10.9.0.32/28", "10.9.0.48/28"]
        """
    network = read(envs, text).network
    assert network.public_subnets == (IPv4Network("10.9.0.0/28"), IPv4Network("10.9.0.16/28"))
    assert network.private_subnets == (IPv4Network("10.9.0.32/28"), IPv4Network("10.9.0.48/28"))


@pytest.mark.parametrize("more", ["", 'network.public_subnets = ["10.0.0.0/28", "10.0.0.16/28"]\n'])
def test_a_network_too_small_to_be_carved_needs_its_subnets_given(envs: Path, more: str) -> None:
    assert problem(envs, f'{more}network.cidr = "10.0.0.0/26"') == (
        'envs/dev.toml: network.cidr = "10.0.0.0/26": '
        "must be /16 to /25 to be carved; with a smaller block set public_subnets and private_subnets"
    )


@pytest.mark.parametrize(
    ("public", "private", "expected"),
    [
        ((0,), (2, 3), "must be one public and one private subnet per zone"),
        ((0, 1), (2,), "must be one public and one private subnet per zone"),
        ((0, 1, 4), (2, 3), "must be one public and one private subnet per zone"),
        ((0, 256), (2, 3), "subnets must be in cidr"),
        ((0, 1), (2, 256), "subnets must be in cidr"),
        ((0, 0), (2, 3), "subnets must not overlap"),
        ((0, 1), (1, 3), "subnets must not overlap"),
        ((128, 1), (), "subnets must not overlap"),
    ],
)
def test_given_subnets_are_one_a_zone_inside_the_network_and_apart(
    envs: Path, public: tuple[int, ...], private: tuple[int, ...], expected: str
) -> None:
    blocks = [[f"10.{third // 256}.{third % 256}.0/24" for third in side] for side in (public, private)]
    text = f"[network]\npublic_subnets = {blocks[0]}\nprivate_subnets = {blocks[1]}"
    assert problem(envs, text).endswith(f": {expected}")


def test_a_subnet_inside_another_is_seen_past_its_neighbour(envs: Path) -> None:
    text = """
        [network]
        public_subnets = ["10.0.0.0/20", "10.0.1.0/24"]
        private_subnets = ["10.0.2.0/24", "10.0.32.0/24"]
        """
    assert problem(envs, text).endswith(": subnets must not overlap")
