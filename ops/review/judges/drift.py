"""Drift, without computed and derived values: https://developer.hashicorp.com/terraform/cli/commands/plan."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ops.review.judges.case import Case
from ops.review.judges.network import opened
from ops.review.knowledge import DerivedAttribute
from ops.review.plan.plan import UNKNOWN, Action, Change
from ops.review.plan.values import Difference, differences, display, normal, pick, same
from ops.review.report import Finding

NAMES = ("id", "arn", "name", "url", "bucket")


def drift(case: Case) -> Iterator[Finding]:
    """Yields resources that were changed outside Terraform; equal changes are one finding."""
    grouped: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in case.plan.drift:
        if not change.managed:
            continue
        if change.action is Action.DESTROY:
            yield case.finding(
                "drift/gone", change, title="was deleted outside Terraform", details=_effect(case, change)
            )
            continue
        texts = [_text(case, each) for each in true_differences(case, change)]
        ports = opened(case, change)
        if texts and ports:
            title = f"was opened outside Terraform: {', '.join(ports)}"
            yield case.finding("drift/opened", change, title=title, details=_effect(case, change))
        elif texts:
            grouped[(*texts, *_effect(case, change))].append(change)
    for details, changes in grouped.items():
        yield case.finding("drift/changed", *changes, title="was changed outside Terraform", details=details)


def true_differences(case: Case, change: Change) -> list[Difference]:
    """Returns the differences that are neither computed nor derived from another resource of this plan."""
    found = []
    trees = [tree if isinstance(tree, dict) else {} for tree in (change.before, change.after)]
    for name in dict.fromkeys(chain(*trees)):
        computed = case.knowledge.is_computed(change.type, name)
        if name == "tags_all" or (computed and not case.plan.sets(change, name, unsure=False)):
            continue
        before, after = (tree.get(name) for tree in trees)
        if normal(before) == normal(after) or _is_derived(case, change, name, before, after):
            continue
        # The provider reads unset values as zero or false.
        found += [each for each in differences(before, after, (name,)) if each.before or each.after]
    return found


def _text(case: Case, difference: Difference) -> str:
    before, after = (
        display(difference.steps, side, case.knowledge, case.redactor) or "nothing"
        for side in (difference.before, difference.after)
    )
    return f"{difference.name}: {before} → {after}"


def _effect(case: Case, change: Change) -> tuple[str, ...]:
    """One sentence about the effect of the plan on the drift, if it is certain."""
    planned = case.plan.by_address.get(change.address)
    if planned is None or planned.action is Action.NO_OP:
        return ("The plan keeps the change.",)
    if planned.action is Action.CREATE:
        return ("The plan creates it again.",)
    changed = dict.fromkeys(str(each.steps[0]) for each in true_differences(case, change))
    if any(same(pick(planned.after, name), pick(change.before, name)) for name in changed):
        return ("The plan reverts the change.",)
    return ()


def _is_derived(case: Case, change: Change, name: str, before: Any, after: Any) -> bool:
    """Returns whether other resources of the plan explain the difference; their own drift is reported."""
    rules = [rule for rule in case.knowledge.derived_attributes if rule.attribute == f"{change.type}.{name}"]
    owned = {value for each in NAMES for value in pick(change.after, each) if isinstance(value, str)}
    sources = [(rule, tree) for rule in rules for tree in _sources(case, rule, owned)]
    if not sources:
        return False
    if not all(rule.match for rule, _ in sources):
        return True
    old, new = (side if isinstance(side, list) else [side] for side in (before, after))
    differing = [row for row in new if not any(same(row, each) for each in old)]
    differing += [row for row in old if not any(same(row, each) for each in new)]
    return all(any(_explains(rule, tree, row) for rule, tree in sources) for row in differing)


def _sources(case: Case, rule: DerivedAttribute, owned: set[str]) -> Iterator[Any]:
    """The trees of the resources that set the attribute, before and after."""
    for change in case.plan.changes:
        if change.type == rule.source:
            for tree in (change.before, change.after):
                if isinstance(tree, dict) and (
                    tree.get(rule.parent) in owned or tree.get(rule.parent) == UNKNOWN
                ):
                    yield tree


def _explains(rule: DerivedAttribute, source: Any, row: Any) -> bool:
    """Returns whether the source has all values of the row in the fields of the match."""
    for field, names in rule.match.items():
        values = pick(row, field) if field else [row]
        allowed = [value for name in names for value in pick(source, name)]
        if not all(value in allowed or normal(value) is None for value in values):
            return False
    return True
