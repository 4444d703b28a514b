"""Rule and message of each new permission and each dropped denial."""

import re
from collections.abc import Iterable

from ops.review.judges.case import Case
from ops.review.judges.iam_actions import actions, expanded, has_resources, manages_permissions
from ops.review.judges.iam_diff import Gain
from ops.review.judges.iam_policy import ANYONE, Condition, Statement

MOST = 6
TYPE = re.compile("^(?:AWS|Service|Federated|CanonicalUser):")
ACCOUNT = re.compile(r"(?:^AWS:|::)(\d{12})(?::|$)")
# Conditions that limit the principal, so that `*` is not public.
LIMITING = ("aws:principal", "aws:source", "kms:calleraccount", "lambda:sourcefunction", "sns:endpoint")


def rule_of(gain: Gain, kind: str, *, accounts: frozenset[str], is_new: bool) -> str:
    """Returns the gravest rule of a gain; "" for the own account's root, which every key policy allows."""
    statement = gain.statement
    roots = {each for each in gain.principals if each.endswith(":root") and _account(each) in accounts}
    if kind != "identity" and roots and roots == gain.principals:
        return ""
    foreign = accounts and any(_account(each) not in (None, *accounts) for each in gain.principals)
    limited = any(condition.key.startswith(LIMITING) for condition in statement.conditions)
    public = (ANYONE in gain.principals or statement.not_principals) and not limited
    anywhere = kind == "identity" and "*" in gain.resources
    new_service_trust = is_new and all(principal.startswith("Service:") for principal in gain.principals)
    rules = {
        "iam/public": public,
        "iam/everything": anywhere and (statement.not_actions or statement.actions & {"*", "*:*"}),
        "iam/condition-dropped": bool(gain.dropped),
        "iam/other-account": foreign,
        "iam/trust": kind == "trust" and not new_service_trust,
        "iam/wildcard-action": statement.not_actions or any("*" in each for each in statement.actions),
        "iam/pass-role": "iam:PassRole" in gain.actions,
        "iam/permissions-management": any(map(manages_permissions, gain.actions)),
        "iam/wildcard-resource": anywhere and any(map(has_resources, gain.actions)),
        "iam/granted": True,
    }
    return next(rule for rule, holds in rules.items() if holds)


def describe_gain(gain: Gain, kind: str, holder: str, case: Case) -> tuple[str, tuple[str, ...]]:
    """Returns a title such as `worker can now dynamodb:DeleteItem on arn:…`, and details."""
    public = ANYONE in gain.principals or gain.statement.not_principals
    principals = "anyone" if public else _listed(gain.principals, holder)
    if kind == "trust":
        title = f"{principals} can now assume {holder}"
    else:
        # In the policy of a resource, a wildcard is that resource.
        itself = kind == "resource" and "*" in gain.resources
        resources = holder if itself else _listed(gain.resources, holder)
        title = f"{principals} can now {_actions(gain)} on {resources}"
    return title, tuple(_details(gain, case))


def describe_denial(denial: Statement, holder: str) -> str:
    """Returns the title for a statement that denied something."""
    denied = f"{_listed(denial.actions, 'nothing')} on {_listed(denial.resources, holder)}"
    return f"{denied} is no longer denied{' under conditions' if denial.conditions else ''}"


def _details(gain: Gain, case: Case) -> Iterable[str]:
    statement = gain.statement
    for condition in sorted(gain.dropped, key=lambda each: each.key):
        yield f"No longer only if {_condition(condition, case)}."
    for condition in sorted(statement.conditions, key=lambda each: each.key):
        yield f"Only if {_condition(condition, case)}."
    if statement.not_principals:
        yield f"All principals except {_listed(statement.principals, 'none')}."
    if statement.not_actions:
        yield f"All actions except {_listed(statement.actions, 'none')}."
    if statement.not_resources:
        yield f"All resources except {_listed(statement.resources, 'none')}."
    grave = sorted(
        action for action in gain.actions if manages_permissions(action) or action == "iam:PassRole"
    )
    if grave:
        yield f"These can grant permissions to others: {_some(grave)}."
    unsure = sorted(each for each in statement.actions if "*" in each and expanded(each) == {each})
    if unsure:
        yield f"Cannot evaluate {_some(unsure)}: it matches no known action of AWS."


def _condition(condition: Condition, case: Case) -> str:
    secret = condition.key in case.knowledge.names["secret_conditions"]
    values = sorted(condition.values)
    text = f"secret #{case.redactor.digest(values)}" if secret else _some(values)
    return f"{condition.operator} {condition.key} {text}"


def _actions(gain: Gain) -> str:
    if gain.statement.not_actions:
        return f"do {len(gain.actions)} actions"
    patterns = [each for each in gain.statement.actions if actions(frozenset([each])) & gain.actions]
    wild = sorted(each for each in patterns if "*" in each or "?" in each)
    counts = {each: len(expanded(each) & gain.actions) for each in wild}
    counted = [f"{each} ({number} action{'s' * (number != 1)})" for each, number in counts.items()]
    covered = frozenset().union(*map(expanded, wild)) if wild else frozenset()
    return _some([*counted, *sorted(gain.actions - covered)])


def _account(principal: str) -> str | None:
    found = ACCOUNT.search(principal)
    return found[1] if found and principal.startswith("AWS:") else None


def _listed(names: Iterable[str], nothing: str) -> str:
    return _some(sorted(TYPE.sub("", name) for name in names)) or nothing


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more
