"""Attributes whose change says something about danger, and protection that is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.review.judges.case import Case
from ops.review.knowledge import Knowledge, Weakening
from ops.review.plan.plan import UNKNOWN, Action, Change
from ops.review.plan.values import amount, leaves, normal, pick, shown
from ops.review.report import Finding


def weakened(case: Case) -> Iterator[Finding]:
    """What [[weakened]] names, in every resource that stays or is replaced."""
    for change in case.transitions():
        if change.after is None:
            continue
        for entry in case.knowledge.weakened.get(change.type, ()):
            if change.before is None and not (entry.born and _beside_what_was(entry, change)):
                continue
            before, after = pick(change.before, entry.attribute), pick(change.after, entry.attribute)
            if _holds(entry, before, after, case.knowledge):
                values = [_value(case, entry, side) for side in (before, after)]
                yield case.finding(
                    entry.rule,
                    change,
                    title=entry.says,
                    details=(f"{entry.attribute}: {values[0]} → {values[1]}",),
                )


def shields(case: Case) -> Iterator[Finding]:
    """Protection that is destroyed while what it protects stays."""
    gone = case.gone()
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


def _beside_what_was(entry: Weakening, change: Change) -> bool:
    """Whether it is created for something that was there before; so it is said where nothing tells."""
    return not entry.beside or UNKNOWN not in pick(change.after, entry.beside)


def _of_what_goes(change: Change, gone: frozenset[str]) -> bool:
    return any(isinstance(leaf, str) and leaf in gone for _, leaf in leaves(change.before))


def _value(case: Case, entry: Weakening, values: list[Any]) -> str:
    steps = tuple(entry.attribute.split("."))
    return ", ".join(shown(steps, each, case.knowledge, case.vault) for each in values) or "nothing"


def _holds(entry: Weakening, before: list[Any], after: list[Any], known: Knowledge) -> bool:
    if any(value == UNKNOWN for value in after):
        return False
    if len(before) == len(after) > 1 and entry.when != "fewer":
        return any(_holds(entry, [one], [other], known) for one, other in zip(before, after, strict=True))
    return WHEN[entry.when](entry, before, after, known)


def _off(entry: Weakening, before: list[Any], after: list[Any], _: Knowledge) -> bool:
    return any(before) and not (after and all(after))


def _on(entry: Weakening, before: list[Any], after: list[Any], _: Knowledge) -> bool:
    return any(after) and not any(before)


def _removed(entry: Weakening, before: list[Any], after: list[Any], _: Knowledge) -> bool:
    return normal(before or None) not in (None, [None]) and all(normal(each) is None for each in after)


def _added(entry: Weakening, before: list[Any], after: list[Any], _: Knowledge) -> bool:
    return not any(before) and any(after)


def _fewer(entry: Weakening, before: list[Any], after: list[Any], _: Knowledge) -> bool:
    return len(after) < len(before)


def _less(entry: Weakening, before: list[Any], after: list[Any], known: Knowledge) -> bool:
    left, right = (_numbers(entry, side, known) for side in (before, after))
    return bool(left and right) and min(right) < min(left) and not _told_as_stopped(entry, after, known)


def _told_as_stopped(entry: Weakening, after: list[Any], known: Knowledge) -> bool:
    """Whether another entry for the attribute says worse of the value that it gets."""
    return any(
        other.when == "became" and other.attribute == entry.attribute and each in other.values
        for other in known.weakened[entry.type]
        for each in after
    )


def _more(entry: Weakening, before: list[Any], after: list[Any], known: Knowledge) -> bool:
    left, right = (_numbers(entry, side, known) for side in (before, after))
    return bool(left and right) and max(right) > max(left)


def _became(entry: Weakening, before: list[Any], after: list[Any], _: Knowledge) -> bool:
    return any(each in entry.values for each in after) and not any(each in entry.values for each in before)


def _left(entry: Weakening, before: list[Any], after: list[Any], _: Knowledge) -> bool:
    return any(each in entry.values for each in before) and not any(each in entry.values for each in after)


def _numbers(entry: Weakening, values: list[Any], known: Knowledge) -> list[float]:
    last = entry.attribute.rpartition(".")[2]
    amounts = (amount(last, value, known) for value in values)
    return [number for number in amounts if number is not None]


WHEN = {
    "off": _off,
    "on": _on,
    "removed": _removed,
    "added": _added,
    "fewer": _fewer,
    "less": _less,
    "more": _more,
    "became": _became,
    "left": _left,
}
