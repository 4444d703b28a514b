"""Which line of the environment file settles a difference."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from constructs_lib.settings.environment import Environment
from constructs_lib.settings.estate import Adoption, EstateSettings, Tags
from constructs_lib.settings.reader import Reader
from ops.estate.adopt.ours import Stack
from ops.estate.adopt.plans import UNKNOWN, Difference, Plan

# Where (pattern of an address), which attribute, and the setting that says it.
SETTINGS = (
    (r"aws_autoscaling_group\.", "min_size", "fleet.min"),
    (r"aws_autoscaling_group\.", "max_size", "fleet.max"),
    (r"aws_autoscaling_group\.", "desired_capacity", "fleet.desired"),
    (r"aws_cloudwatch_log_group\.FlowLogGroup_", "retention_in_days", "network.flow_log_retention_days"),
    (r"aws_cloudwatch_log_group\.", "retention_in_days", "logs.retention_days"),
    (r"aws_lambda_function\.", "memory_size", "lambda.memory_mb"),
    (r"aws_lambda_function\.Authorizer_", "timeout", "lambda.authorizer_timeout"),
    (r"aws_lambda_function\.EventHandler_", "timeout", "lambda.event_handler_timeout"),
    (r"aws_lambda_function\.PaymentProcessor_", "timeout", "lambda.payment_processor_timeout"),
    (r"aws_sqs_queue\.Queue_(?!DeadLetters)", "message_retention_seconds", "queue.retention"),
    (r"aws_sqs_queue\.Queue_(?!DeadLetters)", "visibility_timeout_seconds", "queue.visibility_timeout"),
    (r"aws_vpc\.", "cidr_block", "network.cidr"),
)
# Settings of several resources, each an item of a list.
LISTS = (
    (r"aws_subnet\.Network_PrivateSubnet", "cidr_block", "network.private_subnets"),
    (r"aws_subnet\.Network_PublicSubnet", "cidr_block", "network.public_subnets"),
)
# What no line settles, and why.
NEVER = (
    (r"aws_dynamodb_table\.", ("hash_key", "range_key"), "payments are read and written by these very keys"),
)
TAG_LINES = ('[estate] tags = "keep"', '[estate] tags = "allow"')
PROTECTION = ("deletion_protection_enabled",)


@dataclass(frozen=True, slots=True)
class Settled:
    """A difference, and the lines of the environment file of which one settles it.

    `keeps`: the thing may also stay as it is. `allow`: the name under which the change may be allowed. Where
    nothing settles it, `why` says why not.
    """

    difference: Difference
    lines: tuple[str, ...]
    why: str = ""
    keeps: bool = False
    allow: str = ""


def settled(
    plan: Plan, environment: Environment, adoptions: Iterable[Adoption], stack: Stack
) -> Iterator[Settled]:
    """Every difference with what settles it, replacing ones first."""
    known = {it.address for it in adoptions}
    made = set(plan.created())
    differences = plan.differences()
    values = {(it.address, it.attribute): it.before for it in differences}
    for difference in differences:
        refers = stack.resources[difference.address].mentions(difference.attribute)
        if _follows(difference, differences, stack, refers, made):
            continue
        if (why := _never(difference)) or difference.address not in known:
            yield Settled(difference, (), why or "it is not adopted, and yet it would change")
            continue
        if difference.is_tags and environment.estate.tags is not Tags.KEEP:
            yield Settled(difference, TAG_LINES)
            continue
        # Some types take the provider's default tags whatever they are told to ignore.
        keeps = not difference.is_tags and difference.attribute not in PROTECTION
        missing = ", ".join(sorted(refers & made))
        yield Settled(
            difference,
            (*_setting(difference, values, stack), *_keys(difference)),
            why=f"it refers to {missing}, which is missing: adopt that too" if missing else "",
            keeps=keeps,
            allow="" if keeps else f"{difference.address}.{difference.attribute}",
        )


def _follows(
    difference: Difference,
    differences: Collection[Difference],
    stack: Stack,
    refers: Collection[str],
    made: Collection[str],
) -> bool:
    """Whether it ends by itself with another difference: of the same thing, or of one that it refers to."""
    if difference.attribute not in stack.resources[difference.address].body:
        return any(
            it.address == difference.address and (it.replaces or it.after is not UNKNOWN)
            for it in differences
            if it is not difference and it.attribute in stack.resources[it.address].body
        )
    if difference.after is not UNKNOWN or set(refers) & set(made):
        return False
    others = {it.address for it in differences if it is not difference}
    return bool(others & set(refers)) or (not refers and difference.address in others)


def keep(adoption: Adoption, *attributes: str) -> str:
    """The line of an adoption that leaves attributes as they are."""
    more = tuple(name for name in attributes if name not in adoption.keep)
    return line(replace(adoption, keep=(*adoption.keep, *more)))


def settling(every: Iterable[Settled], estate: EstateSettings) -> dict[tuple[str, str], list[str]]:
    """Lines of which one settles a difference, by its address and attribute."""
    every, known = list(every), {it.address: it for it in estate.adopt}
    allow = f"[estate] allow = {json.dumps([*estate.allow, *(it.allow for it in every if it.allow)])}"
    kept: dict[str, list[str]] = defaultdict(list)
    for it in every:
        if it.keeps:
            kept[it.difference.address].append(it.difference.attribute)
    return {
        (it.difference.address, it.difference.attribute): [
            *it.lines,
            *([keep(known[it.difference.address], *kept[it.difference.address])] if it.keeps else []),
            *([allow] if it.allow else []),
        ]
        for it in every
    }


def line(adoption: Adoption) -> str:
    """An adoption as a line under [estate.adopt]."""
    if not adoption.name and not adoption.keep:
        return f"{json.dumps(adoption.address)} = {json.dumps(adoption.id)}"
    parts = [f"id = {json.dumps(adoption.id)}"]
    parts += [f"name = {json.dumps(adoption.name)}"] if adoption.name else []
    parts += [f"keep = {json.dumps(list(adoption.keep))}"] if adoption.keep else []
    return f"{json.dumps(adoption.address)} = {{ {', '.join(parts)} }}"


def _never(difference: Difference) -> str:
    for pattern, attributes, why in NEVER:
        if re.match(pattern, difference.address) and difference.attribute in attributes:
            return f"no line settles this: {why}"
    return ""


def _setting(difference: Difference, values: Mapping[tuple[str, str], Any], stack: Stack) -> Iterator[str]:
    for pattern, attribute, setting in SETTINGS:
        if attribute == difference.attribute and re.match(pattern, difference.address):
            yield from _accepted(setting, difference.before)
            return
    for pattern, attribute, setting in LISTS:
        if attribute == difference.attribute and re.match(pattern, difference.address):
            # In the order of their addresses, as the network makes them; those that agree stay.
            every = sorted(address for address in stack.resources if re.match(pattern, address))
            said = [values.get((it, attribute), stack.resources[it].body[attribute]) for it in every]
            yield from _accepted(setting, said)


def _accepted(setting: str, value: Any) -> Iterator[str]:
    """The line, if the environment's file takes that value."""
    table, _, key = setting.partition(".")
    shape = next(it.type for it in fields(Environment) if it.name.rstrip("_") == table)
    reader = Reader()
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    reader.table(shape, {key: value})  # type: ignore[arg-type]
    if not reader.problems:
        yield f"[{table}] {key} = {json.dumps(value)}"


def _keys(difference: Difference) -> Iterator[str]:
    """Another key than ours is used, not adopted, where others encrypt with it too."""
    found = re.search(r'"(arn:aws[a-z-]*:kms:[^"]+:key/[^"]+)"', json.dumps(difference.before))
    if found and not difference.hidden:
        yield f'[estate.use] key = "{found[1]}"'
