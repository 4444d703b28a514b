"""`payctl adopt`: compares an environment with an existing estate and hands resources over."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

import click

from constructs_lib.estate.adoption import import_ids
from constructs_lib.settings.environments import ENVS
from constructs_lib.settings.estate import Adoption
from ops.deployment import deploy
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt import gate, mapping
from ops.estate.adopt.handover import handover
from ops.estate.adopt.live import LiveResources
from ops.estate.adopt.match import Match, Matcher
from ops.estate.adopt.reconcile import keep_attributes, reconcile_differences
from ops.estate.adopt.report import Report, steps
from ops.estate.adopt.stack_resources import Stack
from ops.estate.adopt.templates import first_value
from ops.estate.adopt.trial import Trial
from ops.estate.caller import Caller
from ops.progress import Waiting, coloured, say
from ops.target import Target, resolve_target
from ops.terraform import backend, states, terraform

LIVE = "live"
MAX_TRIALS = 3  # with --keep: a difference can hide behind one that is kept


def adopt(
    name: str, *, source: str, local: bool, write: bool, keep: bool, blocks: str | None, as_json: bool
) -> int:
    """Prints the report; `write` also writes [estate.adopt]. Returns 0 if ready, 2 if lines are missing."""
    target = resolve_target(name, local=local)
    with deploy.environment_lock(target):
        if local and not backend.is_usable(target):
            backend.ensure(target)
        report = compare(target, source, keep=keep)
    if write:
        mapping.write(ENVS / f"{name}.toml", report.adoptions)
        say(f"{len(report.adoptions)} lines written to envs/{name}.toml, under [estate.adopt].")
    if as_json:
        click.echo(json.dumps(report.data(), indent=2))
    elif blocks:
        click.echo(report.handover.removed() if blocks == "removed" else report.handover.imports())
    else:
        click.echo(report.text(), color=coloured())
        click.echo(f"\n{_next_step(report, written=write)}")
    return 0 if report.clean else NEEDS_PERSON


def compare(target: Target, source: str, *, keep: bool = False) -> Report:
    """Matches the stack with an estate and plans the adoption on an empty state.

    With `keep` it adds `keep` lines for attributes that differ, until no such difference remains.
    """
    estate = None if source == LIVE else states.read(source, target.variables)
    settings = target.environment.estate
    trial = Trial.of(target)
    stack = Stack(trial.synthesize(settings), asdict(Caller.of(target)))
    ids = {it.address: it.id for it in settings.adopt}
    with Waiting("match existing resources"):
        matches = Matcher(stack, estate, LiveResources(target.client), ids).matches()
    adoptions = _adoptions(matches, settings.adopt, stack)
    for _ in range(MAX_TRIALS):
        proposed = replace(settings, adopt=tuple(adoptions))
        plan = trial.plan(proposed, adoptions)
        differing = [
            it
            for it in reconcile_differences(plan, target.environment, adoptions, stack)
            if not gate.allows(settings, it.difference)
        ]
        kept = {(it.difference.address, it.difference.attribute) for it in differing if it.keeps}
        if not keep or not kept:
            break
        adoptions = [
            keep_attributes(it, *sorted(name for address, name in kept if address == it.address))
            for it in adoptions
        ]
    adopted = {it.address for it in adoptions}
    return Report(
        name=target.name,
        flag=target.flag,
        source=source,
        matches=matches,
        adoptions=adoptions,
        differences=differing,
        allowed=settings.allow,
        created=[it for it in plan.created() if it not in settings.allow],
        parts=gate.missing_parts(stack, proposed),
        ignored=gate.ignored_lines(target.name, adoptions, gate.resources_in_state(target)),
        handover=handover(
            estate or (), [it.instance for it in matches if it.instance and it.resource.address in adopted]
        ),
    )


def release(name: str, *, local: bool, yes: bool) -> int:
    """Removes adopted resources from the state. They are not changed, and their previous owner keeps them."""
    target = resolve_target(name, local=local)
    with deploy.environment_lock(target):
        stack = deploy.prepare_stack(target)
        in_state = gate.resources_in_state(target)
        adopted = [it.address for it in target.environment.estate.adopt if it.address in in_state]
        if not adopted:
            say(f"{name} has nothing adopted in its state.")
            return 0
        for address in adopted:
            say(f"  {address}")
        if not yes:
            if not sys.stdin.isatty():
                raise Problem("This needs a confirmation.", hint="Add --yes.", code=NEEDS_PERSON)
            click.confirm(f"Forget these {len(adopted)}? Nothing is destroyed", abort=True, err=True)
        deploy.retry_without_stale_lock(target, lambda: terraform.forget(stack, target.variables, adopted))
    say(f"Forgotten: {len(adopted)}. Remove [estate.adopt] from envs/{name}.toml, or they are adopted again.")
    return 0


def _adoptions(matches: Sequence[Match], before: Iterable[Adoption], stack: Stack) -> list[Adoption]:
    """Returns an adoption for each found resource. Lines of the file with more than an id stay unchanged."""
    written = {it.address: it for it in before if it.name or it.keep}
    found = {it.resource.address: it.instance.attributes for it in matches if it.instance}
    adoptions = []
    for match in sorted(matches, key=lambda it: it.resource.address):
        address = match.resource.address
        if address in found and match.id:
            how = import_ids()[match.resource.type]
            name = first_value(how.get("name", ""), stack.attributes(match.resource, found))
            existing = first_value(how.get("name", ""), found[address])
            adoption = Adoption(
                address=address,
                id=match.id,
                name=str(existing) if name and existing and name != existing else None,
                keep=tuple(how.get("unread", ())),
            )
            adoptions.append(written.get(address, adoption))
    return adoptions


def _next_step(report: Report, *, written: bool) -> str:
    again = f"payctl adopt {report.name}{report.flag} --from {report.source}"
    if not report.clean:
        step = f"Not ready. Put the lines that you choose into envs/{report.name}.toml and run this again."
        return f"{step} `{again} --keep --write` writes every `keep` line." if report.keeps else step
    if not written:
        return f"Ready. Write the lines with: {again} --write\n\n{steps(report)}"
    return steps(report)
