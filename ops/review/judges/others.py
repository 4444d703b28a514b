"""Checks, secrets, moves, imports, outputs, and every change that no other judge has spoken of."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator

from ops.review.judges.case import Case
from ops.review.judges.iam_policy import equivalent
from ops.review.plan.plan import UNKNOWN, Action, Change, Hidden
from ops.review.plan.values import Difference, amount, differences, is_secret
from ops.review.report import Finding


def incomplete(case: Case) -> Iterator[Finding]:
    """Whether the plan is only a part of one."""
    if case.plan.errored:
        yield case.finding(
            "incomplete/errored", title="Terraform met an error while it planned: this is a part of a plan"
        )
    elif not case.plan.complete:
        yield case.finding(
            "incomplete/partial",
            title="This is a part of a plan: after its apply, there will be more to change",
        )


def checks(case: Case) -> Iterator[Finding]:
    """Checks that do not pass: they never stop an apply, nor change Terraform's exit code."""
    for check in case.plan.checks:
        failed = check.status == "fail"
        title = "does not hold" if failed else "could not be evaluated"
        finding = case.finding(
            "check/failed" if failed else "check/error", title=title, details=check.messages
        )
        yield replace_addresses(finding, check.address)


def replace_addresses(finding: Finding, *addresses: str) -> Finding:
    """The finding at something that is not a resource that changes."""
    return dataclasses.replace(finding, addresses=addresses)


def secrets(case: Case) -> Iterator[Finding]:
    """Secrets that change, told by keyed hashes."""
    versions = case.knowledge.names["write_only_versions"]
    for change in case.transitions():
        if change.before is None or change.after is None:
            continue
        for each in ordinary_differences(case, change):
            if each.steps and each.steps[-1] in versions:
                yield case.finding(
                    "secret/changed",
                    change,
                    title=f"a new value is written ({each.name}); plan and state do not hold it",
                )
            elif _hides(each) or is_secret(each.steps, case.knowledge):
                yield case.finding(
                    "secret/changed", change, title=f"{each.name or 'all of it'}: {_sides(case, each)}"
                )


def _hides(each: Difference) -> bool:
    return isinstance(each.before, Hidden) or isinstance(each.after, Hidden)


def _sides(case: Case, each: Difference) -> str:
    return " → ".join(_side(case, side) for side in (each.before, each.after))


def _side(case: Case, value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, Hidden) or value == UNKNOWN:
        return str(value)
    return str(Hidden(case.vault.digest(value)))


def state(case: Case) -> Iterator[Finding]:
    """What only changes where Terraform looks: moves, imports, and what it forgets."""
    for change in case.plan.changes:
        if change.moves:
            yield case.finding("state/moved", change, title=f"moves here from {change.previous_address}")
        if change.imports and change.action is Action.NO_OP:
            yield case.finding("state/imported", change, title="is imported as it is")
        elif change.imports:
            names = _names(ordinary_differences(case, change))
            yield case.finding(
                "state/import-changes",
                change,
                title=f"is imported and with it {DONE[change.action]}: {', '.join(names) or 'no attribute'}",
            )
        if change.forgets:
            yield case.finding(
                "state/forgotten",
                change,
                title="is forgotten: it stays in AWS, and nothing manages or watches it",
            )


def outputs(case: Case) -> Iterator[Finding]:
    """Outputs that change: other stacks may read them."""
    for output in case.plan.outputs:
        if output.action in (Action.NO_OP, Action.READ, Action.CREATE):
            continue
        removed = output.action is Action.DESTROY
        secret = " (secret)" if output.sensitive else ""
        finding = case.finding(
            "output/removed" if removed else "output/changed",
            title="is removed: what reads it will fail" if removed else f"changes{secret}",
        )
        yield replace_addresses(finding, f"output.{output.name}")


def changes(case: Case, told: Collection[str]) -> Iterator[Finding]:
    """Changes of which nothing is known that would make them safe; `told`: addresses that ask already."""
    for change in case.transitions():
        if change.address in told or change.address in case.twins:
            continue
        known = change.type in case.knowledge.types
        if not known:
            yield case.finding(
                "change/unknown-type",
                change,
                title=f"{_verb(change)}, and nothing is known of the type {change.type}",
            )
        elif change.action in (Action.DESTROY, Action.REPLACE):
            rule = "change/destroyed" if change.action is Action.DESTROY else "change/replaced"
            yield case.finding(rule, change, title=_verb(change))
        elif change.action is Action.UPDATE:
            found = ordinary_differences(case, change)
            names = _names(each for each in found if not _harmless(case, change, each))
            if names:
                yield case.finding("change/updated", change, title=f"{_verb(change)}: {', '.join(names)}")


def ordinary_differences(case: Case, change: Change) -> list[Difference]:
    """What the author changed: without what AWS or the provider computes."""
    found = []
    for each in differences(change.before, change.after):
        root = str(each.steps[0]) if each.steps else ""
        computed = case.knowledge.is_computed(change.type, root)
        if root == "tags_all" or (computed and not case.plan.sets(change, root, unsure=False)):
            continue
        # A new one gets by itself what the old one got, unless the code says something else.
        unsaid = each.after == UNKNOWN or (change.creates and each.after is None)
        if unsaid and (not case.plan.sets(change, root) or (change.creates and not each.before)):
            continue
        found.append(each)
    return found


def _names(found: Iterable[Difference]) -> list[str]:
    return list(dict.fromkeys(str(each.steps[0]) for each in found if each.steps))


def _harmless(case: Case, change: Change, each: Difference) -> bool:
    if not each.steps:
        return False
    root, last = str(each.steps[0]), str(each.steps[-1])
    names = case.knowledge.names
    if isinstance(each.before, str) and (change.type, root) in case.knowledge.policy_places:
        return equivalent(each.before, each.after)
    if root in names["harmless"]:
        return True
    before, after = (amount(last, side, case.knowledge) for side in (each.before, each.after))
    more = before is not None and after is not None and after > before
    return last in names["harmless_when_more"] and more


def _verb(change: Change) -> str:
    return f"is {DONE[change.action]}"


DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "changed",
    Action.REPLACE: "replaced",
    Action.DESTROY: "destroyed",
    Action.FORGET: "forgotten",
}
