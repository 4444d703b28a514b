"""Attribute changes by the author of the plan: secrets, and changes that no other judge reports."""

from collections.abc import Collection, Iterable, Iterator

from ops.review.judges.case import Case
from ops.review.judges.iam_policy import equivalent
from ops.review.plan.plan import UNKNOWN, Action, Change, Hidden
from ops.review.plan.values import Difference, amount, differences, is_secret
from ops.review.report import Finding

DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "changed",
    Action.REPLACE: "replaced",
    Action.DESTROY: "destroyed",
    Action.FORGET: "forgotten",
}


def secrets(case: Case) -> Iterator[Finding]:
    """Yields changed secrets, with keyed hashes of their values."""
    versions = case.knowledge.names["write_only_versions"]
    for change in case.transitions():
        if change.before is None or change.after is None:
            continue
        for each in author_differences(case, change):
            if each.steps and each.steps[-1] in versions:
                title = f"a new value is written ({each.name}); plan and state do not contain it"
                yield case.finding("secret/changed", change, title=title)
            elif each.hides_secret or is_secret(each.steps, case.knowledge):
                old, new = (_secret(case, side) for side in (each.before, each.after))
                title = f"{each.name or 'the whole value'}: {old} → {new}"
                yield case.finding("secret/changed", change, title=title)


def _secret(case: Case, value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, Hidden) or value == UNKNOWN:
        return str(value)
    return str(Hidden(case.redactor.digest(value)))


def other_changes(case: Case, reported: Collection[str]) -> Iterator[Finding]:
    """Yields changes that are not known to be harmless, except at the `reported` addresses."""
    for change in case.transitions():
        if change.address in reported or change.address in case.renames:
            continue
        title = f"is {DONE.get(change.action, 'changed')}"
        if change.type not in case.knowledge.types:
            title += f", and the type {change.type} is unknown to the review"
            yield case.finding("change/unknown-type", change, title=title)
        elif change.action in (Action.DESTROY, Action.REPLACE):
            yield case.finding(f"change/{DONE[change.action]}", change, title=title)
        elif change.action is Action.UPDATE:
            found = author_differences(case, change)
            names = root_names(each for each in found if not _is_harmless(case, change, each))
            if names:
                yield case.finding("change/updated", change, title=f"{title}: {', '.join(names)}")


def author_differences(case: Case, change: Change) -> list[Difference]:
    """Returns the differences that the code causes, without values that AWS or the provider computes."""
    found = []
    for each in differences(change.before, change.after):
        root = str(each.steps[0]) if each.steps else ""
        computed = case.knowledge.is_computed(change.type, root)
        if root == "tags_all" or (computed and not case.plan.sets(change, root, unsure=False)):
            continue
        # A new resource gets the same defaults as the old one, unless the code sets the attribute.
        unset = each.after == UNKNOWN or (change.creates and each.after is None)
        if unset and (not case.plan.sets(change, root) or (change.creates and not each.before)):
            continue
        found.append(each)
    return found


def root_names(found: Iterable[Difference]) -> list[str]:
    """Returns the names of the changed attributes, each once."""
    return list(dict.fromkeys(str(each.steps[0]) for each in found if each.steps))


def _is_harmless(case: Case, change: Change, each: Difference) -> bool:
    if not each.steps:
        return False
    root, last = str(each.steps[0]), str(each.steps[-1])
    names = case.knowledge.names
    policies = {(policy.type, policy.attribute) for policy in case.knowledge.policies}
    if isinstance(each.before, str) and (change.type, root) in policies:
        return equivalent(each.before, each.after)
    if root in names["harmless"]:
        return True
    before, after = (amount(last, side, case.knowledge) for side in (each.before, each.after))
    more = before is not None and after is not None and after > before
    return last in names["harmless_when_more"] and more
