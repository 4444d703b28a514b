"""What the root that calls a module brings, where the module would make its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from enum import StrEnum

from constructs_lib.module_export.module_variable import ModuleVariable, text_variable
from constructs_lib.module_export.parameterize import Placeholder
from constructs_lib.module_export.variables import VariableDeclaration, allowed, matches
from constructs_lib.settings.environment import Environment
from constructs_lib.settings.existing_resources import (
    BUCKET,
    KEY,
    PUBLISHERS,
    SUBNET,
    TOPIC,
    VPC,
    UseSettings,
)

AT = "environment.estate.use"
ANY_KEY = "arn:aws:kms:zz-first-1:000000000000:key/"
ANY_TOPIC = "arn:aws:sns:zz-first-1:000000000000:"


class Use(StrEnum):
    """Its name on the command line."""

    NETWORK = "network"
    KEY = "key"
    TOPICS = "topics"
    LOG_BUCKET = "log-bucket"


def used(environment: Environment, uses: Collection[Use]) -> Iterator[ModuleVariable]:
    """Of what the environment uses, and what is named besides."""
    use = environment.estate.use
    if use.vpc or Use.NETWORK in uses:
        yield from _network(use, environment.network.zones)
    if use.key or Use.KEY in uses:
        described = "ARN of the key that encrypts everything."
        yield text_variable(
            f"{AT}.key", "key_arn", KEY, described, (f"{ANY_KEY}aaaa", f"{ANY_KEY}bbbb"), use.key
        )
    for topic in PUBLISHERS:
        arn = getattr(use.topics, topic)
        if arn or Use.TOPICS in uses:
            described = f"ARN of the topic that tells of {topic}."
            names = (f"{topic}-topic-one", f"{topic}-topic-two")
            arns = (f"{ANY_TOPIC}{names[0]}", f"{ANY_TOPIC}{names[1]}")
            variable = text_variable(
                f"{AT}.topics.{topic}", f"{topic}_topic_arn", TOPIC, described, arns, arn
            )
            name = Placeholder(f'split(":", var.{topic}_topic_arn)[5]', *names)
            yield replace(variable, placeholders=(*variable.placeholders, name))
    if use.log_bucket or Use.LOG_BUCKET in uses:
        pair = ("log-bucket-one", "log-bucket-two")
        described = "Name of the bucket in which S3 logs who accessed the module's buckets."
        yield text_variable(f"{AT}.log_bucket", "log_bucket", BUCKET, described, pair, use.log_bucket)


def _network(use: UseSettings, zones: int) -> Iterator[ModuleVariable]:
    vpcs = ("vpc-aaaaaaaa", "vpc-bbbbbbbb")
    yield text_variable(f"{AT}.vpc", "vpc_id", VPC, "Id of the VPC of functions and machines.", vpcs, use.vpc)
    number = len(use.private_subnets) or zones
    ones, twos = (tuple(f"subnet-{letter}{n:07}" for n in range(number)) for letter in "ab")
    each = matches(SUBNET, "id")
    yield ModuleVariable(
        f"{AT}.private_subnets",
        ones,
        twos,
        tuple(
            Placeholder(f"var.private_subnet_ids[{n}]", *pair)
            for n, pair in enumerate(zip(ones, twos, strict=True))
        ),
        VariableDeclaration(
            name="private_subnet_ids",
            type="list(string)",
            description="Ids of private subnets of the VPC, in different zones.",
            checks=(
                (
                    f"length(distinct(var.private_subnet_ids)) == {number}"
                    f" && length(var.private_subnet_ids) == {number}",
                    f"must be {number}, and each once",
                ),
                (f"alltrue([for id in var.private_subnet_ids : {each}])", f"each {allowed(SUBNET)}"),
            ),
            default=list(use.private_subnets) or None,
        ),
    )
