"""Can this lose data? What is destroyed or replaced and keeps something."""

from __future__ import annotations

from collections.abc import Iterator

from ops.review.judges.case import Case
from ops.review.knowledge import Type
from ops.review.plan.plan import Action, Change
from ops.review.plan.values import dotted, pick
from ops.review.report import Finding


def losses(case: Case) -> Iterator[Finding]:
    """One finding for each resource that keeps something and is destroyed."""
    renamed = {old.address: new for new, old in case.twins.items()}
    for change in case.plan.changes:
        known = case.knowledge.type(change.type)
        if not (change.managed and change.destroys and known.keeps):
            continue
        replaced = change.action is Action.REPLACE
        rule = "replaced" if replaced else "destroyed"
        verb = (
            "is replaced: a new, empty one takes its place, and" if replaced else "is destroyed, and with it"
        )
        fate = "what it holds is gone" if replaced else "what it holds"
        yield case.finding(
            f"data-loss/{rule}" if known.keeps == "data" else "data-loss/in-flight",
            change,
            title=f"{verb} {fate} ({known.what})",
            details=tuple(_details(change, known, renamed)),
        )


def _details(change: Change, known: Type, renamed: dict[str, str]) -> Iterator[str]:
    if change.deposed:
        yield "It is an old instance that an interrupted replacement left behind."
    if change.replace_paths:
        yield f"Replaced because of {', '.join(map(dotted, change.replace_paths))}."
    elif change.reason.startswith("delete_because_no_"):
        yield "The code does not have it any more."
    elif change.reason in ("replace_because_tainted", "replace_by_request"):
        yield "It is marked to be replaced; the code does not ask for it."
    if change.address in renamed:
        yield f"Probably renamed to {renamed[change.address]}: one line saves it, see below."
    on = [guard for guard in known.guards if any(pick(change.before, guard))]
    if on:
        yield f"On it: {', '.join(on)}."
    else:
        yield "Nothing guards it."
    if known.path:
        yield "Payments go through it."
