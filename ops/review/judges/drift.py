"""What changed outside Terraform, without the noise: https://developer.hashicorp.com/terraform/cli/commands/plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ops.review.judges.case import Case
from ops.review.judges.doors import opened
from ops.review.knowledge import Mirror
from ops.review.plan.plan import UNKNOWN, Action, Change
from ops.review.plan.values import Difference, differences, normal, pick, same, shown
from ops.review.report import Finding

NAMES = ("id", "arn", "name", "url", "bucket")


def drift(case: Case) -> Iterator[Finding]:
    """One finding for each resource that somebody else changed; equal transitions are told once."""
    grouped: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in case.plan.drift:
        if not change.managed:
            continue
        if change.action is Action.DESTROY:
            yield case.finding(
                "drift/gone", change, title="was deleted outside Terraform", details=_fate(case, change)
            )
            continue
        told = tuple(_told(case, each) for each in true_differences(case, change))
        if told and opened(case, change):
            title = f"was opened outside Terraform: {', '.join(opened(case, change))}"
            yield case.finding("drift/opened", change, title=title, details=_fate(case, change))
        elif told:
            grouped[(*told, *_fate(case, change))].append(change)
    for details, changes in grouped.items():
        yield case.finding("drift/changed", *changes, title="was changed outside Terraform", details=details)


def true_differences(case: Case, change: Change) -> list[Difference]:
    """What differs and means something: neither computed, nor a mirror of another resource of this plan."""
    found = []
    for name in _roots(change):
        computed = case.knowledge.is_computed(change.type, name)
        if computed and not case.plan.sets(change, name, unsure=False):
            continue
        before, after = (
            tree.get(name) if isinstance(tree, dict) else None for tree in (change.before, change.after)
        )
        if normal(before) == normal(after) or _mirrored(case, change, name, before, after):
            continue
        # The provider reads what is unset as zero or false, as it pleases.
        found += [each for each in differences(before, after, (name,)) if each.before or each.after]
    return found


def _roots(change: Change) -> list[str]:
    trees = [tree for tree in (change.before, change.after) if isinstance(tree, dict)]
    return list(dict.fromkeys(name for tree in trees for name in tree if name != "tags_all"))


def _told(case: Case, difference: Difference) -> str:
    before, after = (
        shown(difference.steps, side, case.knowledge, case.vault) or "nothing"
        for side in (difference.before, difference.after)
    )
    return f"{difference.name}: {before} → {after}"


def _fate(case: Case, change: Change) -> tuple[str, ...]:
    """What the plan does about it."""
    planned = case.plan.by_address.get(change.address)
    if planned is None or planned.action is Action.NO_OP:
        return ("The plan leaves it so.",)
    if planned.action is Action.CREATE:
        return ("The plan creates it anew.",)
    if any(same(pick(planned.after, name), pick(change.before, name)) for name in _changed(case, change)):
        return ("The plan sets it back.",)
    return ()


def _changed(case: Case, change: Change) -> list[str]:
    return list(dict.fromkeys(str(each.steps[0]) for each in true_differences(case, change)))


def _mirrored(case: Case, change: Change, name: str, before: Any, after: Any) -> bool:
    """Whether other resources of the plan account for the difference; they tell of their own drift."""
    mirrors = [mirror for mirror in case.knowledge.mirrors if mirror.of == f"{change.type}.{name}"]
    owned = {value for each in NAMES for value in pick(change.after, each) if isinstance(value, str)}
    sources = [(mirror, other) for mirror in mirrors for other in _sources(case, mirror, owned)]
    if not sources:
        return False
    if not all(mirror.match for mirror, _ in sources):
        return True
    old, new = (side if isinstance(side, list) else [side] for side in (before, after))
    differing = [row for row in new if not any(same(row, each) for each in old)]
    differing += [row for row in old if not any(same(row, each) for each in new)]
    return all(any(_accounts_for(mirror, other, row) for mirror, other in sources) for row in differing)


def _sources(case: Case, mirror: Mirror, owned: set[str]) -> Iterator[Any]:
    """The trees of the resources that set what is mirrored, as they are and as they will be."""
    for change in case.plan.changes:
        if change.type == mirror.type:
            for tree in (change.before, change.after):
                if isinstance(tree, dict) and (
                    tree.get(mirror.by) in owned or tree.get(mirror.by) == UNKNOWN
                ):
                    yield tree


def _accounts_for(mirror: Mirror, other: Any, row: Any) -> bool:
    """Whether everything that the row says in the fields of the match, the other resource says too."""
    for field, names in mirror.match.items():
        said = pick(row, field) if field else [row]
        allowed = [value for name in names for value in pick(other, name)]
        if not all(value in allowed or normal(value) is None for value in said):
            return False
    return True
