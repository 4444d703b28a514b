"""Variables for existing resources that the calling root passes to the module."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from enum import StrEnum

from constructs_lib.module_export.parameterize import Placeholder
from constructs_lib.module_export.variables import (
    ModuleVariable,
    VariableDeclaration,
    allowed,
    matches,
    text_variable,
)
from constructs_lib.settings.existing_resources import (
    BUCKET,
    KEY,
    PUBLISHERS,
    SUBNET,
    TOPIC,
    VPC,
    UseSettings,
)
from constructs_lib.settings.schema import Environment

AT = "environment.estate.use"
ANY_KEY = "arn:aws:kms:zz-first-1:000000000000:key/"
ANY_TOPIC = "arn:aws:sns:zz-first-1:000000000000:"


class Use(StrEnum):
    """Names a kind of existing resource on the command line."""

    NETWORK = "network"
    KEY = "key"
    TOPICS = "topics"
    LOG_BUCKET = "log-bucket"


def existing_resource_variables(environment: Environment, uses: Collection[Use]) -> Iterator[ModuleVariable]:
    """Yields variables for the resources that the environment uses, and for those of `uses`."""
    use = environment.estate.use
    if use.vpc or Use.NETWORK in uses:
        yield from _network(use, environment.network.zones)
    if use.key or Use.KEY in uses:
        description = "ARN of the KMS key that encrypts all stored data."
        yield text_variable(
            f"{AT}.key", "key_arn", KEY, description, (f"{ANY_KEY}aaaa", f"{ANY_KEY}bbbb"), use.key
        )
    for topic in PUBLISHERS:
        arn = getattr(use.topics, topic)
        if arn or Use.TOPICS in uses:
            description = f"ARN of the topic of {topic} alerts."
            names = (f"{topic}-topic-one", f"{topic}-topic-two")
            arns = (f"{ANY_TOPIC}{names[0]}", f"{ANY_TOPIC}{names[1]}")
            variable = text_variable(
                f"{AT}.topics.{topic}", f"{topic}_topic_arn", TOPIC, description, arns, arn
            )
            name = Placeholder(f'split(":", var.{topic}_topic_arn)[5]', *names)
            yield replace(variable, placeholders=(*variable.placeholders, name))
    if use.log_bucket or Use.LOG_BUCKET in uses:
        pair = ("log-bucket-one", "log-bucket-two")
        description = "Name of the bucket for access logs of the module's buckets."
        yield text_variable(f"{AT}.log_bucket", "log_bucket", BUCKET, description, pair, use.log_bucket)


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
