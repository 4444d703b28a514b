"""Judgement of a plan: from parsed changes to a review."""

import dataclasses
import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import chain
from typing import Any

from ops.review import cost
from ops.review.canonical import canonical, shape
from ops.review.checkov import FailedCheck
from ops.review.graph import graph
from ops.review.judges import (
    attribute_changes,
    data_loss,
    drift,
    iam,
    network,
    plan_entries,
    policy,
    regressions,
    renames,
)
from ops.review.judges.case import Case
from ops.review.knowledge import Knowledge, knowledge
from ops.review.plan.plan import Action, Plan
from ops.review.plan.secrets import Redactor
from ops.review.report import Block, Command, Cost, Counts, Finding, Review, Waiver
from ops.review.rows import rows
from ops.review.verdict import Kind, Verdict
from ops.review.waivers import waive

JUDGES = (
    plan_entries.incomplete,
    data_loss.data_loss,
    renames.renames,
    iam.permissions,
    network.network_exposure,
    regressions.regressions,
    regressions.removed_protections,
    regressions.outages,
    plan_entries.checks,
    attribute_changes.secrets,
    drift.drift,
    plan_entries.state,
    plan_entries.outputs,
)
# One finding for each resource; for other kinds, equal findings are one with all addresses.
SINGLE = (Kind.DATA_LOSS, Kind.RENAME, Kind.NETWORK)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Represents the optional inputs of a review."""

    waivers: Mapping[str, Waiver] = dataclasses.field(default_factory=dict)
    failed: frozenset[FailedCheck] = frozenset()
    baseline: frozenset[FailedCheck] | None = None
    accepted: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    cost: Callable[[Plan], Cost | None] = lambda _: None
    commands: tuple[Command, ...] = ()


def review(case: Case, extras: Extras, today: date) -> Review:
    """Reviews one environment's plan. All texts of the result are redacted."""
    plan = case.plan
    found = list(chain.from_iterable(judge(case) for judge in JUDGES))
    reported = {at for finding in found if finding.verdict >= Verdict.REVIEW for at in finding.addresses}
    found += attribute_changes.other_changes(case, reported)
    price = extras.cost(plan)
    found += cost.findings(price, case)
    by_policy, policy_notes = policy.findings(case, extras.failed, extras.baseline, extras.accepted)
    findings, waiver_notes = waive(_grouped([*found, *by_policy]), extras.waivers, today)
    changes = rows(case, findings)
    result = Review(
        environment=plan.name,
        verdict=max((finding.effective_verdict for finding in findings), default=Verdict.SAFE),
        counts=counts(plan, findings),
        blocks=tuple(_blocks(findings)),
        rows=changes,
        graph=graph(plan, changes),
        hash=canonical(plan, case.redactor),
        shape=shape(changes, findings, plan.name),
        commands=extras.commands,
        notes=(*waiver_notes, *policy_notes),
        cost=price,
        terraform=plan.terraform,
    )
    redacted: Review = _redacted(result, functools.cache(case.redactor.redact))
    return redacted


def case_of(plan: Plan, redactor: Redactor, known: Knowledge | None = None) -> Case:
    """Returns the input of the judges for a plan."""
    known = known or knowledge()
    found = renames.probable_renames(plan.changes, known)
    return Case(plan=plan, knowledge=known, redactor=redactor, renames=found)


def counts(plan: Plan, findings: Iterable[Finding]) -> Counts:
    """Returns all counts; Terraform's own leave out moves, imports, forgets, drift and checks."""
    managed = [change for change in plan.changes if change.managed]
    actions = Counter(change.action for change in managed)
    drifted = {at for finding in findings if finding.kind is Kind.DRIFT for at in finding.addresses}
    return Counts(
        create=actions[Action.CREATE],
        update=actions[Action.UPDATE],
        replace=actions[Action.REPLACE],
        destroy=actions[Action.DESTROY],
        move=sum(change.moves for change in managed),
        import_=sum(change.imports for change in managed),
        forget=sum(change.forgets for change in managed),
        drift=len(drifted),
        checks=len(plan.checks),
        outputs=sum(output.action not in (Action.NO_OP, Action.READ) for output in plan.outputs),
    )


def _grouped(findings: Iterable[Finding]) -> list[Finding]:
    groups: dict[Any, list[Finding]] = defaultdict(list)
    for each in findings:
        single = each.addresses if each.kind in SINGLE else ()
        groups[each.rule, each.title, each.details, single].append(each)
    return [
        dataclasses.replace(
            group[0], addresses=tuple(dict.fromkeys(at for finding in group for at in finding.addresses))
        )
        for group in groups.values()
    ]


def _blocks(findings: list[Finding]) -> Iterable[Block]:
    gravest_first = sorted(findings, key=lambda each: (-each.effective_verdict, each.addresses, each.rule))
    for kind in Kind:
        under = tuple(finding for finding in gravest_first if finding.kind is kind)
        if under:
            yield Block(kind, under)


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    """The same value with each text in it redacted; every text of a review passes here."""
    if type(value) is str:
        return redact(value)
    if type(value) is tuple:
        return tuple(_redacted(each, redact) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return dataclasses.replace(value, **{name: _redacted(each, redact) for name, each in fields.items()})
    return value
