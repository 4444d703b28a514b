"""What the first plan of an adoption may do: import, and nothing else that is not allowed by its name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from constructs_lib.estate.adoption import import_ids
from constructs_lib.settings.estate import EstateSettings, Tags
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt.held import held, late
from ops.estate.adopt.ours import Stack
from ops.estate.adopt.plans import Difference, Plan
from ops.estate.adopt.settle import settled, settling
from ops.target import Target
from ops.terraform import terraform


def pending(target: Target) -> tuple[str, ...]:
    """What the environment's file adopts and its state does not have yet."""
    adopted = target.environment.estate.adopt
    known = held(target) if adopted else {}
    return tuple(it.address for it in adopted if it.address not in known)


def announced(target: Target) -> tuple[str, ...]:
    """The same, and a person is told what this run is about and which lines come too late."""
    adopted = target.environment.estate.adopt
    if not adopted:
        return ()
    known = held(target)
    for sentence in late(target.name, adopted, known):
        click.echo(f"Warning: {sentence}", err=True)
    waiting = tuple(it.address for it in adopted if it.address not in known)
    if waiting:
        click.echo(
            f"{target.name} adopts {len(waiting)} resources first: this run imports them and does nothing "
            "else. What is missing is made by the next one.",
            err=True,
        )
    return waiting


def allows(estate: EstateSettings, difference: Difference) -> bool:
    if difference.replaces:
        return False
    if difference.is_tags and estate.tags is Tags.ALLOW:
        return True
    return f"{difference.address}.{difference.attribute}" in estate.allow


def refusals(plan: Plan, estate: EstateSettings, lines: Mapping[tuple[str, str], Sequence[str]]) -> list[str]:
    """Everything that is no import, in one sentence each; the worst first.

    `lines`: by address and attribute, the lines of the environment's file of which one settles it.
    """
    said = [f"{address} would be destroyed" for address in plan.doing("delete")]
    said += [
        "\n      ".join(
            [
                f"{it.address}: {it.shown}" + (" (replaces it)" if it.replaces else ""),
                *lines.get((it.address, it.attribute), ()),
            ]
        )
        for it in plan.differences()
        if not allows(estate, it)
    ]
    said += [
        f"{address} would be made: what is adopted refers to it"
        for address in plan.created()
        if address not in estate.allow
    ]
    return said


def missing_parts(stack: Stack, estate: EstateSettings) -> dict[str, str]:
    """Settings that the next deployment would add to something adopted: by address, to what."""
    adopted = {it.address for it in estate.adopt}
    found: dict[str, str] = {}
    for address, ours in stack.resources.items():
        parents = ours.mentions(import_ids()[ours.type].get("part_of", "")) & adopted
        if address not in adopted and address not in estate.allow and parents:
            found[address] = min(parents)
    return found


def check(target: Target, stack: Path, planfile: Path) -> None:
    """Problem unless the plan does nothing but adopt."""
    estate = target.environment.estate
    plan = Plan(terraform.show(stack, planfile, target.variables))
    ours = Stack(json.loads((stack / "cdk.tf.json").read_text()), {})
    differing = settled(plan, target.environment, estate.adopt, ours)
    lines = settling((it for it in differing if not allows(estate, it.difference)), estate)
    said = refusals(plan, estate, lines)
    said += [
        f"{part} would be added to {parent} by the deployment after this"
        for part, parent in missing_parts(ours, estate).items()
    ]
    if said:
        raise Problem(
            "\n  ".join(["Refused: this plan would not only adopt. Nothing was changed.", *said]),
            hint=f"Settle each by one of its lines in envs/{target.name}.toml, or leave all as it is with "
            f"payctl adopt {target.name}{target.flag} --from … --keep --write",
            code=NEEDS_PERSON,
        )
