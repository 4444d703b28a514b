"""Whether a policy of a resource admits somebody: as IAM evaluates it, where what is known decides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

type Document = Mapping[str, Any]
# Operators that decide by comparing with a pattern; "…IfExists" and "ForAnyValue:…" are compared as they are.
COMPARING = ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "StringEqualsIgnoreCase", "Bool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who wants to do what with what.

    `known`: what is known of the request, by the name that conditions give it; "" for what it does not tell.
    """

    principal: tuple[str, str]
    actions: tuple[str, ...]
    resource: str
    known: Mapping[str, str] = field(default_factory=dict)


def refused(policy: str, asking: Asking) -> list[str]:
    """The actions that a policy does not admit.

    A condition on what is not known here is taken as met: only the service itself could tell. A refusal
    (Deny) with a condition on what is not known is taken as meant for others.
    """
    statements = _listed(json.loads(policy).get("Statement", []))
    return [action for action in asking.actions if not _admitted(statements, action, asking)]


def _admitted(statements: Iterable[Document], action: str, asking: Asking) -> bool:
    about = [
        it
        for it in statements
        if _names(it, action)
        and _is_for(it, asking.principal)
        and any(fnmatchcase(asking.resource, pattern) for pattern in _listed(it.get("Resource", "*")))
    ]
    if any(it["Effect"] == "Deny" and _holds(it, asking.known, unknown=False) for it in about):
        return False
    return any(it["Effect"] == "Allow" and _holds(it, asking.known, unknown=True) for it in about)


def _names(statement: Document, action: str) -> bool:
    if "NotAction" in statement:
        return not _any_like(statement["NotAction"], action)
    return _any_like(statement.get("Action", []), action)


def _any_like(patterns: Any, action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _listed(patterns))


def _is_for(statement: Document, principal: tuple[str, str]) -> bool:
    if "NotPrincipal" in statement:
        return not _named(statement["NotPrincipal"], principal)
    return _named(statement.get("Principal", {}), principal)


def _named(principals: Any, principal: tuple[str, str]) -> bool:
    if principals == "*" or "*" in _listed(principals.get("AWS", [])):
        return True
    kind, name = principal
    # An account is named by its id or by the ARN of its root.
    names = {name, name.split(":")[4]} if name.startswith("arn:") else {name}
    return bool(names & set(_listed(principals.get(kind, []))))


def _holds(statement: Document, known: Mapping[str, str], *, unknown: bool) -> bool:
    answers = []
    for operator, pairs in statement.get("Condition", {}).items():
        for name, patterns in pairs.items():
            value = {key.lower(): it for key, it in known.items()}.get(name.lower())
            if value is None or operator not in COMPARING:
                answers.append(unknown)
            else:
                answers.append(any(fnmatchcase(value, pattern) for pattern in _listed(patterns)))
    return all(answers)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
