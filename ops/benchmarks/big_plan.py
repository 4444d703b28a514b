"""A large plan for measurements: every kind of change, with secrets, policies and drift."""

import json
from collections.abc import Callable
from typing import Any

Tree = dict[str, Any]
ROLE = "arn:aws:iam::111122223333:role/worker"


def document(resources: int) -> Tree:
    """Returns a plan as `terraform show -json` prints it. A third of it changes, a tenth drifts."""
    entries = [_entry(number) for number in range(resources)]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": entries,
        "resource_drift": [_drifted(entry) for entry in entries[::10] if entry["change"]["before"]],
        "output_changes": {},
        "planned_values": {"root_module": {"resources": [_values(entry) for entry in entries]}},
        "prior_state": {"values": {"root_module": {"resources": [_values(entry) for entry in entries]}}},
        "configuration": {"root_module": {"resources": [_configured(number) for number in range(resources)]}},
        "complete": True,
        "errored": False,
    }


KINDS: dict[str, Callable[[int, str], Tree]] = {
    "aws_dynamodb_table": lambda number, suffix: {
        "billing_mode": "PAY_PER_REQUEST",
        "attribute": [{"name": f"{key}{suffix}", "type": "S"} for key in ("pk", "sk")],
    },
    "aws_iam_role_policy": lambda number, suffix: {
        "role": "worker",
        "policy": json.dumps({"Statement": [_statement(at, suffix) for at in range(number, number + 5)]}),
    },
    "aws_security_group": lambda number, suffix: {
        "ingress": [
            {"protocol": "tcp", "from_port": at, "to_port": at, "cidr_blocks": [f"10.{at}.0.0/16"]}
            for at in range(8 + bool(suffix))
        ]
    },
    "aws_secretsmanager_secret_version": lambda number, suffix: {
        "secret_string": f"secret value {number}{suffix}"
    },
    "aws_lambda_function": lambda number, suffix: {
        "memory_size": 256 if suffix else 512,
        "environment": [{"variables": {f"V{at}": f"{at}{suffix}" for at in range(10)}}],
    },
}


def _statement(number: int, suffix: str) -> Tree:
    actions = ["dynamodb:GetItem", "s3:Get*", *(["sqs:*"] if suffix else [])]
    resource = f"arn:aws:x:::r{number}"
    return {"Effect": "Allow", "Action": actions, "Resource": resource, "Principal": {"AWS": ROLE}}


def _kind(number: int) -> str:
    return list(KINDS)[number % len(KINDS)]


def _attributes(number: int, suffix: str) -> Tree:
    filler = {f"attribute_{at}": f"value {at} of {number}" for at in range(30)}
    named = {"id": f"r{number}", "name": f"r{number}", "arn": f"arn:aws:x:::r{number}", "tags": {"a": "b"}}
    return {**filler, **named, **KINDS[_kind(number)](number, suffix)}


def _entry(number: int) -> Tree:
    kind = _kind(number)
    before, after = _attributes(number, ""), _attributes(number, "changed")
    changes: dict[int, tuple[list[str], Any, Any]] = {
        0: (["update"], before, after),
        1: (["create"], None, after),
        2: (["delete"], before, None),
        3: (["delete", "create"], before, after),
    }
    actions, old, new = changes.get(number // len(KINDS) % 12, (["no-op"], before, before))
    return {
        "address": f"{kind}.r{number}",
        "mode": "managed",
        "type": kind,
        "name": f"r{number}",
        "change": {
            "actions": actions,
            "before": old,
            "after": new,
            "after_unknown": {"arn": True} if "create" in actions else {},
            "before_sensitive": {"secret_string": True, "tags": {}},
            "after_sensitive": {"secret_string": True, "tags": {}},
        },
    }


def _drifted(entry: Tree) -> Tree:
    after = {**entry["change"]["before"], "attribute_1": "by hand"}
    return {**entry, "change": {**entry["change"], "actions": ["update"], "after": after}}


def _values(entry: Tree) -> Tree:
    change = entry["change"]
    return {
        "address": entry["address"],
        "mode": "managed",
        "type": entry["type"],
        "values": change["after"] or change["before"],
    }


def _configured(number: int) -> Tree:
    kind, other = _kind(number), _kind(number - 1)
    references = {"references": [f"{other}.r{number - 1}.arn", f"{other}.r{number - 1}"]}
    names: Tree = {f"attribute_{at}": {} for at in range(30)}
    return {"address": f"{kind}.r{number}", "expressions": {**names, "policy": references}}
