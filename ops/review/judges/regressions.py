"""Attribute changes that make something worse, removed protections, and outages of the payment path."""

from collections.abc import Iterator
from typing import Any

from ops.review.judges.case import Case
from ops.review.knowledge import Knowledge, Regression
from ops.review.plan.plan import UNKNOWN, Action
from ops.review.plan.values import amount, display, leaves, normal, pick
from ops.review.report import Finding


def regressions(case: Case) -> Iterator[Finding]:
    """Yields the changes that [[regressions]] lists, in every resource that exists after the plan."""
    for change in case.transitions():
        if change.after is None:
            continue
        for entry in case.knowledge.regressions.get(change.type, ()):
            new_parent = entry.unless_new_parent and UNKNOWN in pick(change.after, entry.unless_new_parent)
            if change.before is None and (new_parent or not entry.on_create):
                continue
            before, after = pick(change.before, entry.attribute), pick(change.after, entry.attribute)
            if _is_worse(entry, before, after, case.knowledge):
                old, new = (_text(case, entry, values) for values in (before, after))
                details = (f"{entry.attribute}: {old} → {new}",)
                yield case.finding(entry.rule, change, title=entry.message, details=details)


def removed_protections(case: Case) -> Iterator[Finding]:
    """Yields protections that are destroyed while the protected resource stays."""
    destroyed = case.destroyed_names()
    for change in case.transitions():
        protection = case.knowledge.type(change.type).protection
        remains = destroyed.isdisjoint(leaf for _, leaf in leaves(change.before))
        if change.action is Action.DESTROY and protection and remains:
            rule, message = protection
            yield case.finding(rule, change, title=f"is destroyed: {message}")


def outages(case: Case) -> Iterator[Finding]:
    """Yields resources on the payment path that are destroyed, or deleted before they are created again.

    Those that also store something are reported as data loss.
    """
    for change in case.transitions():
        known = case.knowledge.type(change.type)
        if not known.payment_path or known.stores:
            continue
        if change.action is Action.DESTROY:
            yield case.finding("payments/stopped", change, title="is destroyed, and payments go through it")
        elif change.action is Action.REPLACE and change.actions[0] == "delete":
            title = "is missing during its replacement, and payments go through it"
            yield case.finding("payments/interrupted", change, title=title)


def _text(case: Case, entry: Regression, values: list[Any]) -> str:
    steps = tuple(entry.attribute.split("."))
    return ", ".join(display(steps, each, case.knowledge, case.redactor) for each in values) or "nothing"


def _is_worse(entry: Regression, before: list[Any], after: list[Any], known: Knowledge) -> bool:
    if UNKNOWN in after:
        return False
    if len(before) == len(after) > 1 and entry.when != "fewer":
        pairs = zip(before, after, strict=True)
        return any(_is_worse(entry, [one], [other], known) for one, other in pairs)
    was, becomes = (any(each in entry.values for each in side) for side in (before, after))
    last = entry.attribute.rpartition(".")[2]
    old, new = (
        [number for each in side if (number := amount(last, each, known)) is not None]
        for side in (before, after)
    )
    match entry.when:
        case "off":
            return any(before) and not (after and all(after))
        case "on" | "added":
            return any(after) and not any(before)
        case "removed":
            return normal(before or None) not in (None, [None]) and all(
                normal(each) is None for each in after
            )
        case "fewer":
            return len(after) < len(before)
        case "less":
            return bool(old and new) and min(new) < min(old) and not _is_outage(entry, after, known)
        case "more":
            return bool(old and new) and max(new) > max(old)
        case "became":
            return becomes and not was
        case "left":
            return was and not becomes
    raise ValueError(entry.when)


def _is_outage(entry: Regression, after: list[Any], known: Knowledge) -> bool:
    """Returns whether another entry of the attribute reports the new value as worse."""
    return any(
        other.when == "became" and other.attribute == entry.attribute and each in other.values
        for other in known.regressions[entry.type]
        for each in after
    )
