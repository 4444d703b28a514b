"""Attributes whose change says something about danger, and protection that is taken away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ops.review.case import Case
from ops.review.knowledge import Weakening
from ops.review.plan import UNKNOWN, Action, Change
from ops.review.report import Finding
from ops.review.values import leaves, normal, pick, shown


def weakened(case: Case) -> Iterator[Finding]:
    """What [[weakened]] names, in every resource that stays or is replaced."""
    for change in case.transitions():
        if change.after is None:
            continue
        for entry in case.knowledge.weakened.get(change.type, ()):
            if change.before is None and not entry.born:
                continue
            before, after = pick(change.before, entry.attribute), pick(change.after, entry.attribute)
            if _holds(entry, before, after, case.knowledge.unlimited):
                values = [_value(case, entry, side) for side in (before, after)]
                yield case.finding(
                    entry.rule,
                    change,
                    title=entry.says,
                    details=(f"{entry.attribute}: {values[0]} → {values[1]}",),
                )


def shields(case: Case) -> Iterator[Finding]:
    """Protection that is destroyed while what it protects stays."""
    gone = {
        leaf
        for change in case.plan.changes
        if change.action is Action.DESTROY and not case.knowledge.type(change.type).shield
        for name in ("id", "arn", "name", "bucket", "function_name")
        for leaf in pick(change.before, name)
    }
    for change in case.transitions():
        shield = case.knowledge.type(change.type).shield
        if change.action is Action.DESTROY and shield and not _of_what_goes(change, gone):
            yield case.finding(shield[0], change, title=f"is destroyed: {shield[1]}")


def stops(case: Case) -> Iterator[Finding]:
    """What payments go through and is taken away, for good or while it is replaced.

    What also keeps something is told under its loss.
    """
    for change in case.transitions():
        known = case.knowledge.type(change.type)
        if not known.path or known.keeps:
            continue
        if change.action is Action.DESTROY:
            yield case.finding("payments/stopped", change, title="is destroyed, and payments go through it")
        elif change.action is Action.REPLACE and change.actions[0] == "delete":
            yield case.finding(
                "payments/interrupted",
                change,
                title="is away while it is replaced, and payments go through it",
            )


def _of_what_goes(change: Change, gone: set[Any]) -> bool:
    return any(isinstance(leaf, str) and leaf in gone for _, leaf in leaves(change.before))


def _value(case: Case, entry: Weakening, values: list[Any]) -> str:
    steps = tuple(entry.attribute.split("."))
    return ", ".join(shown(steps, each, case.knowledge, case.vault) for each in values) or "nothing"


def _holds(entry: Weakening, before: list[Any], after: list[Any], unlimited: Any) -> bool:
    if any(value == UNKNOWN for value in after):
        return False
    if len(before) == len(after) > 1:
        return any(_holds(entry, [one], [other], unlimited) for one, other in zip(before, after, strict=True))
    return WHEN[entry.when](entry, before, after, unlimited)


def _off(entry: Weakening, before: list[Any], after: list[Any], _: Any) -> bool:
    return any(before) and not (after and all(after))


def _on(entry: Weakening, before: list[Any], after: list[Any], _: Any) -> bool:
    return any(after) and not any(before)


def _removed(entry: Weakening, before: list[Any], after: list[Any], _: Any) -> bool:
    return normal(before or None) not in (None, [None]) and all(normal(each) is None for each in after)


def _less(entry: Weakening, before: list[Any], after: list[Any], unlimited: Any) -> bool:
    left, right = (_numbers(entry, side, unlimited) for side in (before, after))
    return bool(left and right) and min(right) < min(left) and not (set(after) & {0} and _stopped(entry))


def _stopped(entry: Weakening) -> bool:
    return entry.attribute == "reserved_concurrent_executions"


def _more(entry: Weakening, before: list[Any], after: list[Any], unlimited: Any) -> bool:
    left, right = (_numbers(entry, side, unlimited) for side in (before, after))
    return bool(left and right) and max(right) > max(left)


def _became(entry: Weakening, before: list[Any], after: list[Any], _: Any) -> bool:
    return any(each in entry.values for each in after) and not any(each in entry.values for each in before)


def _left(entry: Weakening, before: list[Any], after: list[Any], _: Any) -> bool:
    return any(each in entry.values for each in before) and not any(each in entry.values for each in after)


def _numbers(entry: Weakening, values: list[Any], unlimited: Any) -> list[float]:
    """Numbers to compare; the one that means no limit is the greatest."""
    last = entry.attribute.rpartition(".")[2]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return [math.inf if last in unlimited and unlimited[last] == number else number for number in numbers]


WHEN = {
    "off": _off,
    "on": _on,
    "removed": _removed,
    "less": _less,
    "more": _more,
    "became": _became,
    "left": _left,
}
