"""Parser of IAM policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ANYONE = "*"


class NotAPolicy(ValueError):
    """Reports a text that is not a policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Represents one line of a condition: operator, key in lower case, and the values that satisfy it."""

    operator: str
    key: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Represents a statement; `not_…`: the statement applies to all except the listed ones.

    Principals are `*`, or `AWS:…`, `Service:…`, `Federated:…`; empty in an identity policy.
    """

    allows: bool
    principals: frozenset[str]
    actions: frozenset[str]
    resources: frozenset[str]
    conditions: frozenset[Condition]
    not_principals: bool = False
    not_actions: bool = False
    not_resources: bool = False


def statements(policy: Any) -> tuple[Statement, ...]:
    """Returns the statements of a policy, a text or an object. Raises NotAPolicy."""
    try:
        document = json.loads(policy) if isinstance(policy, str) else policy
        listed = document["Statement"]
        return tuple(map(_statement, listed if isinstance(listed, list) else [listed]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotAPolicy from error


def equivalent(before: Any, after: Any) -> bool:
    """Returns whether two policies have the same statements, whatever their order and names."""
    try:
        return frozenset(statements(before)) == frozenset(statements(after))
    except NotAPolicy:
        return False


def _statement(found: dict[str, Any]) -> Statement:
    effect = found["Effect"]
    if effect not in ("Allow", "Deny"):
        raise ValueError(effect)
    actions, not_actions = _either(found, "Action")
    resources, not_resources = _either(found, "Resource")
    principal, not_principals = _either(found, "Principal")
    return Statement(
        allows=effect == "Allow",
        principals=frozenset(_principals(principal)),
        actions=frozenset(map(_text, _list(actions))),
        resources=frozenset(map(_text, _list(resources))),
        conditions=frozenset(_conditions(found.get("Condition") or {})),
        not_principals=not_principals,
        not_actions=not_actions,
        not_resources=not_resources,
    )


def _either(found: dict[str, Any], name: str) -> tuple[Any, bool]:
    inverse = f"Not{name}"
    return (found[inverse], True) if inverse in found else (found.get(name, []), False)


def _principals(principal: Any) -> Iterator[str]:
    if principal == ANYONE:
        yield ANYONE
    elif isinstance(principal, dict):
        for kind, named in principal.items():
            for each in _list(named):
                yield ANYONE if kind == "AWS" and each == ANYONE else f"{kind}:{_text(each)}"
    elif principal:
        raise ValueError(principal)


def _conditions(found: dict[str, Any]) -> Iterator[Condition]:
    for operator, keys in found.items():
        for key, values in keys.items():
            texts = (str(each).lower() if isinstance(each, bool) else str(each) for each in _list(values))
            yield Condition(operator=operator, key=key.lower(), values=frozenset(texts))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value
