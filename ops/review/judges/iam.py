"""Permissions: policies, trust and grants, compared statement by statement."""

from collections.abc import Iterator, Mapping
from typing import Any

from ops.review.judges.case import Case
from ops.review.judges.iam_diff import gained, lost_denials
from ops.review.judges.iam_findings import describe_denial, describe_gain, rule_of
from ops.review.judges.iam_policy import Condition, NotAPolicy, Statement, statements
from ops.review.knowledge import Policy
from ops.review.plan.plan import UNKNOWN, Action, Change, Hidden
from ops.review.plan.values import pick, same
from ops.review.report import Finding

ATTACHMENTS = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}


def permissions(case: Case) -> Iterator[Finding]:
    """Yields permissions that the plan adds, and denials that it drops."""
    destroyed = case.destroyed_names()
    for change in case.transitions():
        for policy in case.knowledge.policies:
            if policy.type == change.type:
                yield from _policy(case, change, policy, destroyed)
        if change.type in ATTACHMENTS:
            yield from _attachment(case, change)
        if change.type in STRUCTURED:
            as_statement = STRUCTURED[change.type]
            before, after = (
                (as_statement(tree),) if isinstance(tree, dict) else ()
                for tree in (change.before, change.after)
            )
            yield from _compared(case, change, STRUCTURED_POLICY, before, after)


def _policy(case: Case, change: Change, policy: Policy, destroyed: frozenset[str]) -> Iterator[Finding]:
    if change.action is Action.DESTROY and _first(change.before, policy.holder) in destroyed:
        return
    before, after = pick(change.before, policy.attribute), pick(change.after, policy.attribute)
    if same(before, after):
        return
    reason = ""
    if UNKNOWN in after:
        if not case.plan.sets(change, policy.attribute.partition(".")[0]):
            return
        reason = "known only after apply"
    elif any(isinstance(value, Hidden) for value in (*before, *after)):
        reason = "the plan marks it as sensitive"
    else:
        try:
            old, new = (
                tuple(statement for value in side if value for statement in statements(value))
                for side in (before, after)
            )
        except NotAPolicy:
            reason = "it is not a valid IAM policy"
    if reason:
        title = f"{policy.attribute}: cannot evaluate, {reason}"
        yield case.finding("iam/cannot-evaluate", change, title=title)
    else:
        yield from _compared(case, change, policy, old, new)


def _compared(
    case: Case, change: Change, policy: Policy, old: tuple[Statement, ...], new: tuple[Statement, ...]
) -> Iterator[Finding]:
    for gain in gained(old, new):
        rule = rule_of(gain, policy.kind, accounts=case.plan.accounts, is_new=not old)
        if rule:
            title, details = describe_gain(gain, policy.kind, _holder(change, policy.holder), case)
            yield case.finding(rule, change, title=title, details=details)
    for denial in lost_denials(old, new):
        yield case.finding(
            "iam/deny-dropped", change, title=describe_denial(denial, _holder(change, policy.holder))
        )


def _first(tree: Any, path: str) -> Any:
    return next(iter(pick(tree, path)), None)


def _holder(change: Change, attribute: str) -> str:
    named = _first(change.after if isinstance(change.after, dict) else change.before, attribute)
    return named.rpartition("/")[2] if isinstance(named, str) and named else change.address


def _attachment(case: Case, change: Change) -> Iterator[Finding]:
    if change.after is None or same(pick(change.before, "policy_arn"), pick(change.after, "policy_arn")):
        return
    holder = _holder(change, ATTACHMENTS[change.type])
    arn = str(_first(change.after, "policy_arn") or UNKNOWN)
    name = arn.rpartition("/")[2]
    if ":aws:policy/" not in arn:
        rule = "iam/cannot-evaluate"
        title = f"{holder} gets the policy {name}: cannot evaluate its statements"
    elif name in case.knowledge.everything:
        rule = "iam/everything"
        title = f"{holder} can now do nearly everything: the AWS managed policy {name} is attached"
    else:
        rule = "iam/managed-policy"
        title = f"{holder} gets the AWS managed policy {name}, whose statements are not in the plan"
    yield case.finding(rule, change, title=title)


def _lambda_permission(tree: Mapping[str, Any]) -> Statement:
    principal = str(tree.get("principal") or "")
    named = "*" if principal == "*" else f"{'Service' if '.' in principal else 'AWS'}:{principal}"
    limits = {"aws:sourcearn": "source_arn", "aws:sourceaccount": "source_account"}
    conditions = frozenset(
        Condition(operator="ArnLike", key=key, values=frozenset([str(tree[name])]))
        for key, name in limits.items()
        if tree.get(name) is not None and tree[name] != ""
    )
    return Statement(
        allows=True,
        principals=frozenset([named]),
        actions=frozenset([str(tree.get("action") or "")]),
        resources=frozenset([str(tree.get("function_name") or "")]),
        conditions=conditions,
    )


def _kms_grant(tree: Mapping[str, Any]) -> Statement:
    return Statement(
        allows=True,
        principals=frozenset([f"AWS:{tree.get('grantee_principal')}"]),
        actions=frozenset(f"kms:{operation}" for operation in tree.get("operations") or ()),
        resources=frozenset([str(tree.get("key_id"))]),
        conditions=frozenset(),
    )


STRUCTURED = {"aws_lambda_permission": _lambda_permission, "aws_kms_grant": _kms_grant}
STRUCTURED_POLICY = Policy(type="", attribute="", kind="resource", holder="function_name")
