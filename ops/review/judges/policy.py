"""Findings of Checkov about the planned resources: https://www.checkov.io/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import Problem
from ops.review.judges.case import Case
from ops.review.plan.plan import Action, unindexed
from ops.review.plan.reading import load
from ops.review.report import Finding


@dataclass(frozen=True, slots=True, order=True)
class Failed:
    """One check that failed at one resource."""

    resource: str
    check: str
    name: str = ""
    guideline: str = ""


def read(path: Path) -> frozenset[Failed]:
    """What `checkov -o json` wrote, or a baseline that `checkov --create-baseline` made."""
    document = load(path)
    try:
        parts = document if isinstance(document, list) else [document]
        return frozenset(failed for part in parts for failed in _failed(part))
    except (AttributeError, KeyError, TypeError) as error:
        raise Problem(
            f"{path} is JSON, but not Checkov's.", hint="Make it: checkov --file plan.json --output json"
        ) from error


def _failed(part: Mapping[str, Any]) -> Iterator[Failed]:
    if "failed_checks" in part:
        for file in part["failed_checks"]:
            for found in file["findings"]:
                for check in found["check_ids"]:
                    yield Failed(found["resource"], check)
    elif "results" in part:
        for found in part["results"]["failed_checks"]:
            yield Failed(
                found["resource"],
                found["check_id"],
                found.get("check_name") or "",
                found.get("guideline") or "",
            )
    elif "passed" not in part:  # the whole answer when there was nothing to look at
        raise KeyError("results")


def findings(
    case: Case,
    failed: frozenset[Failed],
    baseline: frozenset[Failed] | None,
    accepted: Mapping[str, Mapping[str, str]],
) -> tuple[list[Finding], list[str]]:
    """A finding for each failed check at what changes; a note that counts those at what does not.

    With a baseline, those that it has too are old. A moved or renamed resource has the findings of its
    earlier address. `accepted`: reasons by address and check, from beside the resource in the code.
    """
    changing = {
        change.address: change
        for change in case.plan.changes
        if change.does_something and change.action is not Action.DESTROY
    }
    earlier = {address: old.address for address, old in case.twins.items()}
    earlier |= {change.address: change.previous_address for change in changing.values() if change.moves}
    before = {(each.resource, each.check) for each in baseline or ()}
    found, elsewhere = [], 0
    for each in sorted(failed):
        change = changing.get(each.resource)
        old = {(each.resource, each.check), (earlier.get(each.resource, ""), each.check)} & before
        if change is None and (old or baseline is None):
            elsewhere += 1
            continue
        reason = accepted.get(unindexed(each.resource), {}).get(each.check, "")
        rule = _rule(compared=baseline is not None, old=bool(old), accepted=bool(reason))
        at = change or case.plan.by_address.get(each.resource)
        if at is None:
            elsewhere += 1
            continue
        details = tuple(text for text in (f"Accepted: {reason}" * bool(reason), each.guideline) if text)
        found.append(case.finding(rule, at, title=f"{each.check} {each.name}".strip(), details=details))
    notes = [f"{elsewhere} policy findings at resources that do not change."] if elsewhere else []
    return found, notes


def _rule(*, compared: bool, old: bool, accepted: bool) -> str:
    if accepted:
        return "policy/accepted"
    if not compared:
        return "policy/uncompared"
    return "policy/old" if old else "policy/new"
