"""Lines of the environment file that reconcile differences between the stack and existing resources."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from constructs_lib.settings.estate import Adoption, EstateSettings, Tags
from constructs_lib.settings.reader import Reader
from constructs_lib.settings.schema import Environment
from ops.estate.adopt.plans import Difference, Plan
from ops.estate.adopt.stack_resources import Stack
from ops.review.plan.plan import UNKNOWN

# Address pattern, attribute, and the setting of the environment file that determines it.
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
TABLE_KEYS = ("hash_key", "range_key")
NO_LINE = "no line reconciles this: the functions read and write payments by these keys"
TAG_LINES = ('[estate] tags = "keep"', '[estate] tags = "allow"')
PROTECTION = ("deletion_protection_enabled",)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Represents a difference and the lines of the environment file that reconcile it; one of them is enough.

    `keeps`: a `keep` line may leave the attribute unchanged. `allow`: the name under which the change may be
    allowed. `why`: a reason or a hint, for example why no line reconciles it.
    """

    difference: Difference
    lines: tuple[str, ...]
    why: str = ""
    keeps: bool = False
    allow: str = ""


def reconcile_differences(
    plan: Plan, environment: Environment, adoptions: Iterable[Adoption], stack: Stack
) -> Iterator[Reconciliation]:
    """Yields a reconciliation for every difference of a plan, those that replace first."""
    adopted = {it.address for it in adoptions}
    created = set(plan.created())
    differences = plan.differences()
    values = {(it.address, it.attribute): it.before for it in differences}
    for difference in differences:
        references = stack.resources[difference.address].mentions(difference.attribute)
        if _follows(difference, differences, stack, references, created):
            continue
        if difference.attribute in TABLE_KEYS and difference.address.startswith("aws_dynamodb_table."):
            yield Reconciliation(difference, (), NO_LINE)
            continue
        if difference.address not in adopted:
            yield Reconciliation(difference, (), "it is not adopted, but the plan would change it")
            continue
        if difference.is_tags and environment.estate.tags is not Tags.KEEP:
            yield Reconciliation(difference, TAG_LINES)
            continue
        # Some types apply the provider's default tags even if ignore_changes names them.
        keeps = not difference.is_tags and difference.attribute not in PROTECTION
        missing = ", ".join(sorted(references & created))
        yield Reconciliation(
            difference,
            (*_setting_lines(difference, values, stack), *_key_lines(difference)),
            why=f"it refers to {missing}, which is missing: adopt that too" if missing else "",
            keeps=keeps,
            allow="" if keeps else f"{difference.address}.{difference.attribute}",
        )


def _follows(
    difference: Difference,
    differences: Collection[Difference],
    stack: Stack,
    references: Collection[str],
    created: Collection[str],
) -> bool:
    """Returns True if a difference only follows from another one: of its resource or of a reference."""
    if difference.attribute not in stack.resources[difference.address].body:
        return any(
            it.address == difference.address and (it.replaces or it.after is not UNKNOWN)
            for it in differences
            if it is not difference and it.attribute in stack.resources[it.address].body
        )
    if difference.after is not UNKNOWN or set(references) & set(created):
        return False
    others = {it.address for it in differences if it is not difference}
    return bool(others & set(references)) or (not references and difference.address in others)


def keep_attributes(adoption: Adoption, *attributes: str) -> Adoption:
    """Returns an adoption that keeps these attributes unchanged, too."""
    return replace(adoption, keep=tuple(dict.fromkeys((*adoption.keep, *attributes))))


def lines_by_attribute(
    reconciliations: Iterable[Reconciliation], estate: EstateSettings
) -> dict[tuple[str, str], list[str]]:
    """Returns the lines that reconcile each difference, by its address and attribute."""
    every, adoptions = list(reconciliations), {it.address: it for it in estate.adopt}
    allow = f"[estate] allow = {json.dumps([*estate.allow, *(it.allow for it in every if it.allow)])}"
    kept: dict[str, list[str]] = defaultdict(list)
    for it in every:
        if it.keeps:
            kept[it.difference.address].append(it.difference.attribute)
    return {
        (address := it.difference.address, it.difference.attribute): [
            *it.lines,
            *([adoption_line(keep_attributes(adoptions[address], *kept[address]))] if it.keeps else []),
            *([allow] if it.allow else []),
        ]
        for it in every
    }


def adoption_line(adoption: Adoption) -> str:
    """Returns an adoption as a line of TOML under [estate.adopt]."""
    if not adoption.name and not adoption.keep:
        return f"{json.dumps(adoption.address)} = {json.dumps(adoption.id)}"
    parts = [f"id = {json.dumps(adoption.id)}"]
    parts += [f"name = {json.dumps(adoption.name)}"] if adoption.name else []
    parts += [f"keep = {json.dumps(list(adoption.keep))}"] if adoption.keep else []
    return f"{json.dumps(adoption.address)} = {{ {', '.join(parts)} }}"


def _setting_lines(
    difference: Difference, values: Mapping[tuple[str, str], Any], stack: Stack
) -> Iterator[str]:
    for pattern, attribute, setting in SETTINGS:
        if attribute == difference.attribute and re.match(pattern, difference.address):
            yield from _valid_line(setting, difference.before)
            return
    for pattern, attribute, setting in LISTS:
        if attribute == difference.attribute and re.match(pattern, difference.address):
            # Sorted by address, as the network creates them. Resources without a difference keep their value.
            addresses = sorted(address for address in stack.resources if re.match(pattern, address))
            items = [values.get((it, attribute), stack.resources[it].body[attribute]) for it in addresses]
            yield from _valid_line(setting, items)


def _valid_line(setting: str, value: Any) -> Iterator[str]:
    """Yields the line of a setting if the environment file accepts the value."""
    table, _, key = setting.partition(".")
    shape = next(it.type for it in fields(Environment) if it.name.rstrip("_") == table)
    reader = Reader()
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    reader.table(shape, {key: value})  # type: ignore[arg-type]
    if not reader.problems:
        yield f"[{table}] {key} = {json.dumps(value)}"


def _key_lines(difference: Difference) -> Iterator[str]:
    """Yields the line to use an existing KMS key, which may be shared, instead of adopting one."""
    found = re.search(r'"(arn:aws[a-z-]*:kms:[^"]+:key/[^"]+)"', json.dumps(difference.before))
    if found and not difference.sensitive:
        yield f'[estate.use] key = "{found[1]}"'
