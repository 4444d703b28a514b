"""Resources in an environment's state, and the check that its first plan only adopts listed resources."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from constructs_lib.estate.adoption import import_ids
from constructs_lib.settings.estate import Adoption, EstateSettings, Tags
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt.match import IDENTIFIERS, import_id
from ops.estate.adopt.plans import Difference, Plan
from ops.estate.adopt.reconcile import lines_by_attribute, reconcile_differences
from ops.estate.adopt.stack_resources import Stack
from ops.estate.adopt.templates import first_value
from ops.estate.caller import call_unless_missing
from ops.target import Target
from ops.terraform import backend, terraform
from ops.terraform.states import Instance, instances


def resources_in_state(target: Target) -> Mapping[str, Instance]:
    """Returns the resources of a target's state by address, or none before the first deployment.

    IAM: s3:GetObject on the state.
    """
    bucket, key = target.environment.state.bucket, backend.workspace_key(target.name)
    s3 = target.client("s3")
    found = call_unless_missing(s3.get_object, "NoSuchBucket", "NoSuchKey", Bucket=bucket, Key=key)
    return {it.address: it for it in instances(json.loads(found["Body"].read()))} if found else {}


def ignored_lines(name: str, adoptions: Iterable[Adoption], in_state: Mapping[str, Instance]) -> list[str]:
    """Returns a message for each adoption whose address is another resource in the state already."""
    return [
        f"{it.address} is {import_id(one)} in the state of {name} already, so Terraform ignores the line "
        f"with {it.id}: remove it from [estate.adopt], or adopt with an environment that is not deployed."
        for it in adoptions
        if (one := in_state.get(it.address))
        # Some types can be imported by several ids.
        and it.id not in {import_id(one), *(str(first_value(name, one.attributes)) for name in IDENTIFIERS)}
    ]


def pending(target: Target, *, announce: bool = False) -> tuple[str, ...]:
    """Returns the addresses that the environment file adopts and its state does not have yet.

    With `announce` it also prints that this run imports only, and warns of lines that Terraform ignores.
    """
    adoptions = target.environment.estate.adopt
    if not adoptions:
        return ()
    in_state = resources_in_state(target)
    addresses = tuple(it.address for it in adoptions if it.address not in in_state)
    if announce:
        for message in ignored_lines(target.name, adoptions, in_state):
            click.echo(f"Warning: {message}", err=True)
        if addresses:
            click.echo(
                f"{target.name} adopts {len(addresses)} resources first: this run imports them and does "
                "nothing else. The next run creates missing resources.",
                err=True,
            )
    return addresses


def allows(estate: EstateSettings, difference: Difference) -> bool:
    """Returns True if the environment file allows a difference by name. Replacements are never allowed."""
    named = f"{difference.address}.{difference.attribute}" in estate.allow
    return not difference.replaces and (named or (difference.is_tags and estate.tags is Tags.ALLOW))


def refusals(plan: Plan, estate: EstateSettings, lines: Mapping[tuple[str, str], Sequence[str]]) -> list[str]:
    """Returns a message for everything that is neither an import nor allowed, the worst first.

    `lines` has the lines of the environment file that reconcile a difference, by address and attribute.
    """
    messages = [f"{address} would be destroyed" for address in plan.deleted()]
    for it in plan.differences():
        if not allows(estate, it):
            message = f"{it.address}: {it.shown}" + (" (replaces it)" if it.replaces else "")
            messages.append("\n      ".join([message, *lines.get((it.address, it.attribute), ())]))
    messages += [
        f"{address} would be created: an adopted resource refers to it"
        for address in plan.created()
        if address not in estate.allow
    ]
    return messages


def missing_parts(stack: Stack, estate: EstateSettings) -> dict[str, str]:
    """Returns resources that the next deployment would add to an adopted one, with that one's address."""
    adopted = {it.address for it in estate.adopt}
    found: dict[str, str] = {}
    for address, resource in stack.resources.items():
        parents = resource.mentions(import_ids()[resource.type].get("part_of", "")) & adopted
        if address not in adopted and address not in estate.allow and parents:
            found[address] = min(parents)
    return found


def check(target: Target, folder: Path, planfile: Path) -> None:
    """Raises a Problem unless a plan only adopts. `folder` is that of the synthesized stack."""
    estate = target.environment.estate
    plan = Plan(terraform.show(folder, planfile, target.variables))
    stack = Stack(json.loads((folder / "cdk.tf.json").read_text()), {})
    differing = reconcile_differences(plan, target.environment, estate.adopt, stack)
    lines = lines_by_attribute((it for it in differing if not allows(estate, it.difference)), estate)
    messages = refusals(plan, estate, lines)
    messages += [
        f"{part} would be added to {parent} by the next deployment"
        for part, parent in missing_parts(stack, estate).items()
    ]
    if messages:
        raise Problem(
            "\n  ".join(["Refused: this plan would not only adopt. Nothing was changed.", *messages]),
            hint=f"Reconcile each with one of its lines in envs/{target.name}.toml, or keep everything "
            f"as it is with payctl adopt {target.name}{target.flag} --from … --keep --write",
            code=NEEDS_PERSON,
        )
