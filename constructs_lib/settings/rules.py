"""Rules between the settings of an environment."""

from collections.abc import Iterator
from dataclasses import astuple
from ipaddress import IPv4Network
from itertools import pairwise
from operator import attrgetter

from constructs_lib.settings.existing_resources import PUBLISHERS
from constructs_lib.settings.reader import Rule
from constructs_lib.settings.schema import Environment


def _subnets(environment: Environment) -> tuple[IPv4Network, ...]:
    return environment.network.public_subnets + environment.network.private_subnets


def _same_location(path: str) -> Iterator[Rule[Environment]]:
    def part(it: Environment, number: int) -> str | None:
        """Returns a part of the ARN at `path`, or None without an ARN."""
        arn: str | None = attrgetter(path)(it)
        return arn.split(":")[number] if arn else None

    yield Rule(
        (path, "aws.region"),
        "must be in the environment's region",
        lambda it: part(it, 3) in (None, it.aws.region),
    )
    yield Rule(
        (path, "aws.account"),
        "must be in the environment's account",
        lambda it: it.aws.account is None or part(it, 4) in (None, it.aws.account),
    )


def _own_subscribers(topic: str) -> Rule[Environment]:
    return Rule(
        (f"estate.use.topics.{topic}", f"alerts.{topic}"),
        "an existing topic has its own subscribers: add them to the topic, not here",
        lambda it: not (getattr(it.estate.use.topics, topic) and getattr(it.alerts, topic)),
    )


RULES: tuple[Rule[Environment], ...] = (
    Rule(
        ("fleet.min", "fleet.desired", "fleet.max"),
        "must be min <= desired <= max",
        lambda it: it.fleet.min <= it.fleet.desired <= it.fleet.max,
    ),
    Rule(
        ("fleet.instance_types",),
        "must be at least one type, without duplicates",
        lambda it: 0 < len(it.fleet.instance_types) == len(set(it.fleet.instance_types)),
    ),
    Rule(
        ("fleet.cpu_percent", "alarms.ec2_cpu_percent"),
        "the fleet must grow before the alarm: cpu_percent below ec2_cpu_percent",
        lambda it: it.fleet.cpu_percent < it.alarms.ec2_cpu_percent,
    ),
    Rule(
        ("alerts.cost", "alerts.ops", "alerts.security"),
        "must have no duplicates",
        lambda it: all(len(set(it)) == len(it) for it in astuple(it.alerts)),
    ),
    Rule(
        ("queue.visibility_timeout", "lambda_.event_handler_timeout"),
        "a message must stay invisible for at least the time-out of its handler",
        lambda it: it.queue.visibility_timeout >= it.lambda_.event_handler_timeout,
    ),
    Rule(
        ("queue.retention", "queue.visibility_timeout", "queue.max_receives"),
        "retention must be over visibility_timeout * max_receives, or messages expire before the last try",
        lambda it: it.queue.retention > it.queue.visibility_timeout * it.queue.max_receives,
    ),
    Rule(
        ("network.cidr",),
        "must be /16 to /25 to be carved; with a smaller block set public_subnets and private_subnets",
        lambda it: bool(it.network.public_subnets and it.network.private_subnets),
    ),
    Rule(
        ("network.zones", "network.public_subnets", "network.private_subnets"),
        "must be one public and one private subnet per zone",
        lambda it: {len(it.network.public_subnets), len(it.network.private_subnets)} <= {0, it.network.zones},
    ),
    Rule(
        ("network.cidr", "network.public_subnets", "network.private_subnets"),
        "subnets must be in cidr",
        lambda it: all(subnet.subnet_of(it.network.cidr) for subnet in _subnets(it)),
    ),
    Rule(
        ("network.cidr", "network.public_subnets", "network.private_subnets"),
        "subnets must not overlap",
        lambda it: not any(one.overlaps(other) for one, other in pairwise(sorted(_subnets(it)))),
    ),
    Rule(
        ("estate.use.vpc", "estate.use.private_subnets"),
        "must be set together",
        lambda it: bool(it.estate.use.vpc) == bool(it.estate.use.private_subnets),
    ),
    Rule(
        ("estate.use.private_subnets",),
        "must be at least two, in different zones, without duplicates",
        lambda it: (
            len(it.estate.use.private_subnets) != 1
            and len(set(it.estate.use.private_subnets)) == len(it.estate.use.private_subnets)
        ),
    ),
    Rule(
        ("estate.use.detector", "security.guard_duty"),
        'a detector is used with guard_duty = "existing" only',
        lambda it: it.estate.use.detector is None or it.security.guard_duty == "existing",
    ),
    Rule(
        ("estate.use.vpc", "security.shield_advanced"),
        "Shield Advanced protects NAT gateways that this stack creates; an existing VPC has its own",
        lambda it: not (it.estate.use.vpc and it.security.shield_advanced),
    ),
    *_same_location("estate.use.key"),
    *(rule for topic in PUBLISHERS for rule in _same_location(f"estate.use.topics.{topic}")),
    *(_own_subscribers(topic) for topic in PUBLISHERS),
)
