"""What policies allow after that they did not before."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.review.judges.iam_actions import actions
from ops.review.judges.iam_policy import EVERYBODY, Condition, Statement

OWN = ""  # the principal of an identity's policy, and the resource of a trust policy: what it hangs on


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Actions that a statement newly allows, to whom, on what; `dropped`: conditions that held before."""

    statement: Statement
    actions: frozenset[str]
    principals: frozenset[str]
    resources: frozenset[str]
    dropped: frozenset[Condition] = frozenset()


def gained(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[Gain]:
    """One gain for each set of actions of each statement that allows more."""
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
    """Statements that denied something which no statement denies any more."""
    still = [statement for statement in after if not statement.allows]
    for statement in before:
        if not statement.allows and not any(_denies_all_of(other, statement) for other in still):
            yield statement


def _new(statement: Statement, principal: str, resource: str, allowed: Sequence[Statement]) -> frozenset[str]:
    left = actions(statement.actions, statement.not_actions)
    for old in allowed:
        if _reaches(old, principal, resource) and _no_stricter(old.conditions, statement.conditions):
            left -= actions(old.actions, old.not_actions)
    return left


def _dropped(
    statement: Statement, new: frozenset[str], pairs: list[tuple[str, str]], allowed: Sequence[Statement]
) -> frozenset[Condition]:
    """The conditions under which all of it was allowed before."""
    for old in allowed:
        if new <= actions(old.actions, old.not_actions) and all(_reaches(old, *pair) for pair in pairs):
            return old.conditions - statement.conditions
    return frozenset()


def _denies_all_of(new: Statement, old: Statement) -> bool:
    return (
        actions(old.actions, old.not_actions) <= actions(new.actions, new.not_actions)
        and all(_reaches(new, who, what) for who in _principals(old) for what in _resources(old))
        and _no_stricter(new.conditions, old.conditions)
    )


def _reaches(statement: Statement, principal: str, resource: str) -> bool:
    """Whether a statement is about this principal and this resource, as far as can be proven."""
    who, what = _principals(statement), _resources(statement)
    return (principal in who or EVERYBODY in who) and any(covers(pattern, resource) for pattern in what)


def _no_stricter(old: frozenset[Condition], new: frozenset[Condition]) -> bool:
    """Whether everything that satisfies the new conditions satisfies the old ones too."""
    return all(any(_implies(one, other) for one in new) for other in old)


def _implies(new: Condition, old: Condition) -> bool:
    if (new.operator, new.key) != (old.operator, old.key):
        return False
    return new.values >= old.values if "Not" in new.operator else new.values <= old.values


def _principals(statement: Statement) -> frozenset[str]:
    if statement.not_principals:
        return frozenset([EVERYBODY])
    return statement.principals or frozenset([OWN])


def _resources(statement: Statement) -> frozenset[str]:
    if statement.not_resources:
        return frozenset(["*"])
    return statement.resources or frozenset([OWN])


@functools.lru_cache(maxsize=4096)
def covers(pattern: str, resource: str) -> bool:
    """Whether a pattern of resources stands for all that another one stands for."""
    if pattern == resource or pattern == "*":
        return True
    expression = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, resource, re.DOTALL) is not None
