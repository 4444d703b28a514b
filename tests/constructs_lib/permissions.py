"""Comparison of every permission of a synthesized stack with the table permissions.toml.

A permission is one sentence: who, allowed or denied, which action, on which resource, when. Lists of a
statement are multiplied out, so that the difference of two policies names the one action that differs.
"""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.constructs_lib.conftest import Synthesized, policy

TABLE = Path(__file__).parent / "permissions.toml"
# The names that the table uses for what differs between accounts and builds.
PLACEHOLDERS = {
    r"<data\.aws_caller_identity\.\w+\.account_id>": "${account}",
    r"<data\.aws_partition\.\w+\.partition>": "${partition}",
    r"\b[0-9a-f]{64}\b": "${sha256}",
    r"<([^>]+)>": r"${\1}",
}
ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition", "only"}
POLICIES = ("policy", "assume_role_policy")

type Statement = Mapping[str, Any]


@cache
def table() -> dict[str, Any]:
    """Returns the whole table."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def expected(environment: str) -> set[str]:
    """Returns the permissions that the table lists for the stack of an environment."""
    return _listed(table()["environment"], environment)


def expected_of_backend(*environments: str) -> set[str]:
    """Returns those of the state backend with CI roles for these environments."""
    ci = (_listed(table()["ci"], name) for name in environments)
    return set().union(_listed(table()["backend"]), *ci)


def found(made: Synthesized) -> set[str]:
    """Returns the permissions in a stack: of roles, of resource policies, to call functions."""
    sentences = {*_calls(made), *_attached(made)}
    for kind, bodies in made.json["resource"].items():
        for id, body in bodies.items():
            for name in POLICIES:
                if "Statement" in body.get(name, ""):
                    sentences.update(_sentences(_owner(kind, id, name), policy(body[name])))
    for pattern, name in PLACEHOLDERS.items():
        sentences = {re.sub(pattern, name, it) for it in sentences}
    return sentences


def difference(found: Iterable[str], expected: Iterable[str]) -> str:
    """Returns one line for each permission that is in one of both only; empty where both are equal."""
    extra, missing = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
    lines = [f"granted, but not in {TABLE.name}: {it}" for it in extra]
    lines += [f"in {TABLE.name}, but not granted: {it}" for it in missing]
    return "\n".join(lines)


def _listed(section: Mapping[str, Any], environment: str = "") -> set[str]:
    sentences: set[str] = set()
    for owner, entry in section.items():
        trust = entry.get("trust", [])
        if isinstance(trust, str):
            trust = [{"Effect": "Allow", "Principal": {"Service": trust}, "Action": "sts:AssumeRole"}]
        sentences.update(_sentences(f"trust of {owner}", trust))
        sentences.update(f"{owner} has the managed policy {name}" for name in entry.get("managed", []))
        for resource, actions in entry.get("allow", {}).items():
            sentences.update(
                _sentences(owner, [{"Effect": "Allow", "Action": actions, "Resource": resource}])
            )
        for statement in entry.get("statements", []):
            if environment in statement.get("only", [environment]):
                sentences.update(_sentences(owner, [statement]))
    return {it.replace("${environment}", environment) for it in sentences}


def _owner(kind: str, id: str, name: str) -> str:
    """Returns the name in the table: the role's id, or the address of the resource with the policy."""
    if kind == "aws_iam_role_policy":
        return id.removesuffix("_Policy").removesuffix("_Role")
    if name == "assume_role_policy":
        return f"trust of {id.removesuffix('_Role')}"
    return f"{kind}.{id}"


def _sentences(owner: str, statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        assert statement.keys() <= ELEMENTS, f"{owner}: {statement.keys() - ELEMENTS}"
        condition = statement.get("Condition")
        when = f" when {json.dumps(condition, sort_keys=True)}" if condition else ""
        places = [f" on {it}" for it in _several(statement.get("Resource", []))]
        if "NotResource" in statement:  # one place: its exceptions hold together
            places.append(f" on all but {sorted(_several(statement['NotResource']))}")
        for principal, action, place in itertools.product(
            _principals(statement.get("Principal")), _several(statement.get("Action", [])), places or [""]
        ):
            yield f"{owner}: {statement['Effect']}{principal} {action}{place}{when}"


def _principals(principal: object) -> list[str]:
    if isinstance(principal, Mapping):
        return [f" {kind} {name}" for kind, names in principal.items() for name in _several(names)]
    return [f" {principal}" if principal else ""]


def _several(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]


def _calls(made: Synthesized) -> Iterator[str]:
    """Yields permissions to call a function, which are resource policies of another form."""
    for body in made.all("aws_lambda_permission").values():
        function = body["qualifier"].replace(".name}", ".arn}")
        sources = {
            name: body[field]
            for name, field in (("aws:SourceArn", "source_arn"), ("aws:SourceAccount", "source_account"))
            if field in body
        }
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": body["principal"]},
            "Action": body["action"],
            "Resource": function,
            "Condition": {"StringEquals": sources},
        }
        text = re.sub(r"\$\{([^}]+)\}", r"<\1>", json.dumps(statement))
        owner = function.removeprefix("${").removesuffix(".arn}")
        yield from _sentences(owner, [json.loads(text)])


def _attached(made: Synthesized) -> Iterator[str]:
    for id, body in made.all("aws_iam_role_policy_attachment").items():
        name = body["policy_arn"].rpartition("/")[2]
        yield f"{id.removesuffix('_Managed')} has the managed policy {name}"
