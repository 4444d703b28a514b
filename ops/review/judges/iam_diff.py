"""Comparison of policies: permissions that are new, and denials that are dropped."""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.review.judges.iam_actions import actions
from ops.review.judges.iam_policy import ANYONE, Condition, Statement

OWN = ""  # the principal of an identity policy, and the resource of a trust policy: the holder itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Represents actions that a statement newly allows; `dropped`: former conditions of them."""

    statement: Statement
    actions: frozenset[str]
    principals: frozenset[str]
    resources: frozenset[str]
    dropped: frozenset[Condition] = frozenset()


def gained(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[Gain]:
    """Yields a gain for each set of new actions of each statement."""
    allowed = [statement for statement in before if statement.allows]
    for statement in after:
        if not statement.allows:
            continue
        groups: dict[frozenset[str], list[tuple[str, str]]] = {}
        for principal in _principals(statement):
            for resource in _resources(statement):
                new = _new(statement, principal, resource, allowed)
                groups.setdefault(new, []).append((principal, resource))
        for new, pairs in groups.items():
            if new:
                yield Gain(
                    statement=statement,
                    actions=new,
                    principals=frozenset(principal for principal, _ in pairs if principal),
                    resources=frozenset(resource for _, resource in pairs if resource),
                    dropped=_dropped(statement, new, pairs, allowed),
                )


def lost_denials(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[Statement]:
    """Yields statements that denied something which no statement denies any more."""
    remaining = [statement for statement in after if not statement.allows]
    for statement in before:
        if not statement.allows and not any(_denies_all_of(other, statement) for other in remaining):
            yield statement


def _new(statement: Statement, principal: str, resource: str, allowed: Sequence[Statement]) -> frozenset[str]:
    new = actions(statement.actions, statement.not_actions)
    for old in allowed:
        if _reaches(old, principal, resource) and _no_stricter(old.conditions, statement.conditions):
            new -= actions(old.actions, old.not_actions)
    return new


def _dropped(
    statement: Statement, new: frozenset[str], pairs: list[tuple[str, str]], allowed: Sequence[Statement]
) -> frozenset[Condition]:
    """The conditions under which all of the gain was allowed before."""
    for old in allowed:
        if new <= actions(old.actions, old.not_actions) and all(_reaches(old, *pair) for pair in pairs):
            return old.conditions - statement.conditions
    return frozenset()


def _denies_all_of(new: Statement, old: Statement) -> bool:
    return (
        actions(old.actions, old.not_actions) <= actions(new.actions, new.not_actions)
        and all(_reaches(new, one, other) for one in _principals(old) for other in _resources(old))
        and _no_stricter(new.conditions, old.conditions)
    )


def _reaches(statement: Statement, principal: str, resource: str) -> bool:
    """Returns whether a statement provably applies to this principal and this resource."""
    principals = _principals(statement)
    return (principal in principals or ANYONE in principals) and any(
        covers(pattern, resource) for pattern in _resources(statement)
    )


def _no_stricter(old: frozenset[Condition], new: frozenset[Condition]) -> bool:
    """Returns whether each request that satisfies the new conditions satisfies the old ones too."""
    return all(any(_implies(one, other) for one in new) for other in old)


def _implies(new: Condition, old: Condition) -> bool:
    if (new.operator, new.key) != (old.operator, old.key):
        return False
    return new.values >= old.values if "Not" in new.operator else new.values <= old.values


def _principals(statement: Statement) -> frozenset[str]:
    if statement.not_principals:
        return frozenset([ANYONE])
    return statement.principals or frozenset([OWN])


def _resources(statement: Statement) -> frozenset[str]:
    if statement.not_resources:
        return frozenset(["*"])
    return statement.resources or frozenset([OWN])


@functools.lru_cache(maxsize=4096)
def covers(pattern: str, resource: str) -> bool:
    """Returns whether a pattern matches every resource that another pattern matches."""
    if pattern == resource or pattern == "*":
        return True
    expression = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, resource, re.DOTALL) is not None
