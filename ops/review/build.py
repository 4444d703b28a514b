"""Judge a plan: from what it says to what a reviewer has to know."""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import chain
from typing import Any

from ops.review.graph import graph
from ops.review.judges import costs, doors, drift, iam, losses, others, policy, renames, weakened
from ops.review.judges.case import Case
from ops.review.knowledge import Knowledge, knowledge
from ops.review.plan.canonical import canonical, shape
from ops.review.plan.plan import Action, Plan
from ops.review.report import Block, Command, Cost, Counts, Finding, Kind, Review, Verdict, Waiver
from ops.review.rows import rows
from ops.review.waivers import waive

JUDGES = (
    others.incomplete,
    losses.losses,
    renames.renames,
    iam.permissions,
    doors.doors,
    weakened.weakened,
    weakened.shields,
    weakened.stops,
    others.checks,
    others.secrets,
    drift.drift,
    others.state,
    others.outputs,
)
# Told one by one, as each is read on its own; elsewhere equal sentences are told once, with all addresses.
SINGLE = (Kind.DATA_LOSS, Kind.RENAME, Kind.NETWORK)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a review may be given besides the plan."""

    waivers: Mapping[str, Waiver] = dataclasses.field(default_factory=dict)
    failed: frozenset[policy.Failed] = frozenset()
    baseline: frozenset[policy.Failed] | None = None
    accepted: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    cost: Callable[[Plan], Cost | None] = lambda _: None
    commands: tuple[Command, ...] = ()


def review(case: Case, extras: Extras, today: date) -> Review:
    """Judge one environment's plan. Nothing of what is returned shows a secret that the plan marks."""
    plan = case.plan
    found = list(chain.from_iterable(judge(case) for judge in JUDGES))
    asking = {at for finding in found if finding.verdict >= Verdict.REVIEW for at in finding.addresses}
    found += others.changes(case, asking)
    cost = extras.cost(plan)
    found += costs.costs(cost, case.knowledge)
    by_policy, elsewhere = policy.findings(case, extras.failed, extras.baseline, extras.accepted)
    told, notes = waive(_grouped([*found, *by_policy]), extras.waivers, today)
    shown = rows(case, told)
    made = Review(
        environment=plan.name,
        verdict=max((finding.asks for finding in told), default=Verdict.SAFE),
        counts=counts(plan, told),
        blocks=tuple(_blocks(told)),
        rows=shown,
        graph=graph(plan, shown),
        hash=canonical(plan, case.vault),
        shape=shape(shown, told, plan.name),
        commands=extras.commands,
        notes=(*notes, *elsewhere),
        cost=cost,
        terraform=plan.terraform,
    )
    struck: Review = _struck(made, functools.cache(case.vault.strike))
    return struck


def case_of(plan: Plan, vault: Any, known: Knowledge | None = None) -> Case:
    """A plan, ready to be judged."""
    known = known or knowledge()
    return Case(plan=plan, knowledge=known, vault=vault, twins=renames.twins(plan.changes, known))


def counts(plan: Plan, findings: Iterable[Finding]) -> Counts:
    """True counts: Terraform's own leave moves, imports, forgets, drift and checks out."""
    managed = [change for change in plan.changes if change.managed]
    doing = [change.action for change in managed]
    drifted = {at for finding in findings if finding.kind is Kind.DRIFT for at in finding.addresses}
    return Counts(
        create=doing.count(Action.CREATE),
        update=doing.count(Action.UPDATE),
        replace=doing.count(Action.REPLACE),
        destroy=doing.count(Action.DESTROY),
        move=sum(change.moves for change in managed),
        import_=sum(change.imports for change in managed),
        forget=sum(change.forgets for change in managed),
        drift=len(drifted),
        checks=len(plan.checks),
        outputs=sum(output.action not in (Action.NO_OP, Action.READ) for output in plan.outputs),
    )


def _grouped(findings: Iterable[Finding]) -> list[Finding]:
    groups: dict[Any, list[Finding]] = defaultdict(list)
    for finding in findings:
        single = finding.kind in SINGLE
        groups[finding.rule, finding.title, finding.details, finding.addresses if single else ()].append(
            finding
        )
    return [
        dataclasses.replace(
            group[0], addresses=tuple(dict.fromkeys(at for finding in group for at in finding.addresses))
        )
        for group in groups.values()
    ]


def _blocks(findings: list[Finding]) -> Iterable[Block]:
    for kind in Kind:
        under = [finding for finding in findings if finding.kind is kind]
        if under:
            yield Block(kind, tuple(sorted(under, key=lambda each: (-each.asks, each.addresses, each.rule))))


def _struck(value: Any, strike: Callable[[str], str]) -> Any:
    """The same value with every text in it struck: the one door through which texts leave."""
    if type(value) is str:
        return strike(value)
    if type(value) is tuple:
        return tuple(_struck(each, strike) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        changed = {name: _struck(each, strike) for name, each in fields.items()}
        return dataclasses.replace(value, **changed)
    return value
