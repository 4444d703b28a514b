"""Failed checks of Checkov at the planned resources: https://www.checkov.io/."""

from collections.abc import Mapping
from pathlib import Path

from ops.errors import Problem
from ops.review.checkov import FailedCheck, parse
from ops.review.judges.case import Case
from ops.review.plan.plan import Action, unindexed
from ops.review.plan.reading import load
from ops.review.report import Finding


def read(path: Path) -> frozenset[FailedCheck]:
    """Returns the failed checks in a file of Checkov: `checkov -o json`, or a baseline. Raises Problem."""
    document = load(path)
    try:
        return frozenset(parse(document))
    except (AttributeError, KeyError, TypeError) as error:
        raise Problem(
            f"{path} is JSON, but not of Checkov.", hint="Write it: checkov --file plan.json --output json"
        ) from error


def findings(
    case: Case,
    failed: frozenset[FailedCheck],
    baseline: frozenset[FailedCheck] | None,
    accepted: Mapping[str, Mapping[str, str]],
) -> tuple[list[Finding], list[str]]:
    """Returns a finding for each failed check at a resource that changes, and a note about all others.

    Checks in the baseline are old. A moved or renamed resource has the checks of its earlier address.
    `accepted`: reasons in the code, by address and check.
    """
    changing = {
        change.address: change
        for change in case.plan.changes
        if change.does_something and change.action is not Action.DESTROY
    }
    earlier = {address: old.address for address, old in case.renames.items()}
    earlier |= {change.address: change.previous_address for change in changing.values() if change.moves}
    before = {(each.resource, each.check) for each in baseline or ()}
    found, others = [], 0
    for each in sorted(failed):
        change = changing.get(each.resource)
        old = not before.isdisjoint(
            {(each.resource, each.check), (earlier.get(each.resource, ""), each.check)}
        )
        at = change or case.plan.by_address.get(each.resource)
        if at is None or (change is None and (old or baseline is None)):
            others += 1
            continue
        reason = accepted.get(unindexed(each.resource), {}).get(each.check, "")
        if reason:
            rule = "policy/accepted"
        elif baseline is None:
            rule = "policy/uncompared"
        else:
            rule = "policy/old" if old else "policy/new"
        details = tuple(text for text in (f"Accepted: {reason}" * bool(reason), each.guideline) if text)
        found.append(case.finding(rule, at, title=f"{each.check} {each.title}".strip(), details=details))
    noun = "policy finding" if others == 1 else "policy findings"
    return found, [f"{others} {noun} at resources that do not change."] if others else []
