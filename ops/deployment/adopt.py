"""`payctl adopt`: which of our resources exist already, what differs, and how they change hands."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from constructs_lib.estate.adoption import import_ids
from constructs_lib.settings.environments import ENVS
from constructs_lib.settings.estate import Adoption
from ops.deployment import deploy
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt import gate, mapping
from ops.estate.adopt.handover import handover
from ops.estate.adopt.held import held, late
from ops.estate.adopt.ids import first
from ops.estate.adopt.live import Live
from ops.estate.adopt.match import Match, Matcher
from ops.estate.adopt.ours import Stack
from ops.estate.adopt.report import Report, steps
from ops.estate.adopt.settle import settled
from ops.estate.adopt.trial import Trial
from ops.progress import Waiting, say
from ops.target import Target, resolve_target
from ops.terraform import backend, states, terraform

LIVE = "live"
ROUNDS = 3  # of keeping: what is kept may show what was hidden behind it


def adopt(
    name: str, *, source: str, local: bool, write: bool, keep: bool, blocks: str | None, as_json: bool
) -> int:
    """Report; with `write` also put the lines into the environment's file. 0 ready, 2 a person is needed."""
    target = resolve_target(name, local=local)
    with deploy.environment_lock(target):
        if local and not backend.ready(target):
            backend.ensure(target)
        report = look(target, source, keep=keep)
    if write:
        mapping.write(ENVS / f"{name}.toml", report.adoptions)
        say(f"{len(report.adoptions)} lines written to envs/{name}.toml, under [estate.adopt].")
    if as_json:
        click.echo(json.dumps(report.data(), indent=2))
    elif blocks:
        click.echo(report.handover.removed() if blocks == "removed" else report.handover.imports())
    else:
        click.echo(report.text())
        click.echo(f"\n{_next(report, written=write)}")
    return 0 if report.clean else NEEDS_PERSON


def look(target: Target, source: str, *, keep: bool = False) -> Report:
    """Read the estate, match it, and try the adoption on an empty state."""
    estate = None if source == LIVE else states.read(source, target.variables)
    settings = target.environment.estate
    trial = Trial.of(target)
    stack = Stack(trial.synthesized(settings), _where(target))
    matcher = Matcher(stack, estate, Live(target.client), {it.address: it.id for it in settings.adopt})
    with Waiting("match what there is"):
        matches = matcher.matches()
    adoptions = _adoptions(matches, settings.adopt, stack)
    for _ in range(ROUNDS):
        proposed = replace(settings, adopt=tuple(adoptions))
        plan = trial.plan(proposed, adoptions)
        differing = [
            it
            for it in settled(plan, target.environment, adoptions, stack)
            if not gate.allows(settings, it.difference)
        ]
        if not keep or not any(it.keeps for it in differing):
            break
        adoptions = _keeping(
            adoptions, {(it.difference.address, it.difference.attribute) for it in differing if it.keeps}
        )
    kept = {it.address for it in adoptions}
    return Report(
        name=target.name,
        flag=target.flag,
        source=source,
        matches=matches,
        adoptions=adoptions,
        settled=differing,
        allowed=settings.allow,
        made=[it for it in plan.created() if it not in settings.allow],
        parts=gate.missing_parts(stack, proposed),
        late=late(target.name, adoptions, held(target)),
        handover=handover(
            estate or (), [it.instance for it in matches if it.instance and it.ours.address in kept]
        ),
    )


def release(name: str, *, local: bool, yes: bool) -> int:
    """Forget what was adopted; it stays as it is, for whoever owns it now."""
    target = resolve_target(name, local=local)
    with deploy.environment_lock(target):
        stack = deploy.prepare_stack(target)
        known = held(target)
        adopted = [it.address for it in target.environment.estate.adopt if it.address in known]
        if not adopted:
            say(f"{name} has nothing adopted in its state.")
            return 0
        for address in adopted:
            say(f"  {address}")
        if not yes:
            if not sys.stdin.isatty():
                raise Problem("Nobody is there to ask.", hint="Add --yes.", code=NEEDS_PERSON)
            click.confirm(f"Forget these {len(adopted)}? Nothing is destroyed", abort=True, err=True)
        deploy.retry_without_stale_lock(target, lambda: terraform.forget(stack, target.variables, adopted))
    say(f"Forgotten: {len(adopted)}. Take [estate.adopt] out of envs/{name}.toml, or they are adopted again.")
    return 0


def _where(target: Target) -> dict[str, str]:
    identity = target.client("sts").get_caller_identity()
    return {
        "region": target.environment.aws.region,
        "account": identity["Account"],
        "partition": identity["Arn"].split(":")[1],
    }


def _adoptions(matches: Sequence[Match], before: Sequence[Adoption], stack: Stack) -> list[Adoption]:
    """One for everything that is found. What the file says stands; an id alone is completed."""
    said = {it.address: it for it in before if it.name or it.keep}
    return sorted(
        (
            said.get(it.ours.address) or _adoption(it, stack, matches)
            for it in matches
            if it.instance and it.id
        ),
        key=lambda it: it.address,
    )


def _adoption(match: Match, stack: Stack, matches: Sequence[Match]) -> Adoption:
    how = import_ids()[match.ours.type]
    found = {it.ours.address: it.instance.attributes for it in matches if it.instance}
    ours = first(how.get("name", ""), stack.attributes(match.ours, found))
    theirs = first(how.get("name", ""), found[match.ours.address])
    return Adoption(
        address=match.ours.address,
        id=str(match.id),
        name=str(theirs) if ours and theirs and ours != theirs else None,
        keep=tuple(how.get("unread", ())),
    )


def _keeping(adoptions: Sequence[Adoption], differing: set[tuple[str, str]]) -> list[Adoption]:
    return [
        replace(
            it, keep=tuple(dict.fromkeys([*it.keep, *sorted(n for a, n in differing if a == it.address)]))
        )
        for it in adoptions
    ]


def _next(report: Report, *, written: bool) -> str:
    again = f"payctl adopt {report.name}{report.flag} --from {report.source}"
    if not report.clean:
        said = f"Not ready. Put the lines that you choose into envs/{report.name}.toml and run this again."
        return f"{said} `{again} --keep --write` writes every `keep` line." if report.keeps else said
    if not written:
        return f"Ready. Write the lines with: {again} --write\n\n{steps(report)}"
    return steps(report)
