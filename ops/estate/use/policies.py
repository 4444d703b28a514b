"""Evaluation of resource policies as IAM evaluates them, for requests that are known only in part."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

type Document = Mapping[str, Any]
# Operators that compare with a pattern. Conditions with any other operator count as unknown.
COMPARING = ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "StringEqualsIgnoreCase", "Bool")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """Represents actions of a principal on a resource.

    `context` has the known condition keys of the request; "" is a key that the request does not have.
    """

    principal: tuple[str, str]
    actions: tuple[str, ...]
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


def denied_actions(policy: str, request: AccessRequest) -> list[str]:
    """Returns the actions of a request that a policy does not allow.

    An Allow with an unknown condition key applies: only the service knows its value. A Deny with an unknown
    condition key does not apply: it is assumed to address other requests.
    """
    statements = _as_list(json.loads(policy).get("Statement", []))
    return [action for action in request.actions if not _allowed(statements, action, request)]


def _allowed(statements: Iterable[Document], action: str, request: AccessRequest) -> bool:
    matching = [
        it
        for it in statements
        if _matches_action(it, action)
        and _matches_principal(it, request.principal)
        and any(fnmatchcase(request.resource, pattern) for pattern in _as_list(it.get("Resource", "*")))
    ]
    if any(it["Effect"] == "Deny" and _applies(it, request.context, unknown=False) for it in matching):
        return False
    return any(it["Effect"] == "Allow" and _applies(it, request.context, unknown=True) for it in matching)


def _matches_action(statement: Document, action: str) -> bool:
    patterns = _as_list(statement.get("NotAction", statement.get("Action", [])))
    matches = any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
    return matches != ("NotAction" in statement)


def _matches_principal(statement: Document, principal: tuple[str, str]) -> bool:
    principals = statement.get("NotPrincipal", statement.get("Principal", {}))
    return _contains(principals, principal) != ("NotPrincipal" in statement)


def _contains(principals: Any, principal: tuple[str, str]) -> bool:
    if principals == "*" or "*" in _as_list(principals.get("AWS", [])):
        return True
    kind, name = principal
    # A policy names an account by its id or by the ARN of its root.
    names = {name, name.split(":")[4]} if name.startswith("arn:") else {name}
    return bool(names & set(_as_list(principals.get(kind, []))))


def _applies(statement: Document, context: Mapping[str, str], *, unknown: bool) -> bool:
    """Returns True if all conditions are met. A condition on an unknown key counts as `unknown`."""
    values = {key.lower(): value for key, value in context.items()}
    results = []
    for operator, pairs in statement.get("Condition", {}).items():
        for name, patterns in pairs.items():
            value = values.get(name.lower())
            if value is None or operator not in COMPARING:
                results.append(unknown)
            else:
                results.append(any(fnmatchcase(value, pattern) for pattern in _as_list(patterns)))
    return all(results)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
