"""Data loss: destroyed and replaced resources that store something."""

from collections.abc import Iterator

from ops.review.judges.case import Case
from ops.review.knowledge import Type
from ops.review.plan.plan import Action, Change
from ops.review.plan.values import dotted, pick
from ops.review.report import Finding


def data_loss(case: Case) -> Iterator[Finding]:
    """Yields a finding for each destroyed or replaced resource that stores something."""
    renamed = {old.address: new for new, old in case.renames.items()}
    for change in case.plan.changes:
        known = case.knowledge.type(change.type)
        if not (change.managed and change.destroys and known.stores):
            continue
        if change.action is Action.REPLACE:
            rule, title = "data-loss/replaced", "is replaced by a new, empty one: its contents are lost"
        else:
            rule, title = "data-loss/destroyed", "is destroyed with its contents"
        yield case.finding(
            rule if known.stores == "data" else "data-loss/in-flight",
            change,
            title=f"{title} ({known.contents})",
            details=tuple(_details(change, known, renamed)),
        )


def _details(change: Change, known: Type, renamed: dict[str, str]) -> Iterator[str]:
    if change.deposed:
        yield "It is an old instance that an interrupted replacement left behind."
    if change.replace_paths:
        yield f"Replaced because of {', '.join(map(dotted, change.replace_paths))}."
    elif change.reason.startswith("delete_because_no_"):
        yield "The code does not contain it any more."
    elif change.reason in ("replace_because_tainted", "replace_by_request"):
        yield "It is marked for replacement; the code does not require it."
    if change.address in renamed:
        yield f"Probably renamed to {renamed[change.address]}: one line prevents the loss, see below."
    guards = [guard for guard in known.guards if any(pick(change.before, guard))]
    yield f"Protected by {', '.join(guards)}." if guards else "Nothing protects it."
    if known.payment_path:
        yield "Payments go through it."
