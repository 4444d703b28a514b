"""Canonical hash of a plan: equal exactly when applying does the same."""

import json
import re
from typing import Any

from ops.review.plan.plan import Change, Hidden, Plan, Unknown
from ops.review.plan.secrets import Redactor
from ops.review.report import Finding, Row
from ops.review.verdict import Kind


def canonical(plan: Plan, redactor: Redactor) -> str:
    """Returns a keyed hash of addresses, actions and values, without times and the order of entries.

    The hash has a key, so that readers of a hash cannot test guesses of a short secret.
    """
    content = {
        "changes": sorted(
            (_change(change, plan.timestamp) for change in plan.changes if _counts(change)), key=_text
        ),
        "outputs": sorted([output.name, str(output.action)] for output in plan.outputs),
        "whole": [plan.complete, plan.errored],
    }
    return redactor.sign(_text(content).encode())


def shape(rows: tuple[Row, ...], findings: list[Finding], environment: str) -> str:
    """Returns a text that is equal for plans that do the same in environments of different names.

    It contains the names of changed attributes, not their values, and not the environment's name.
    """
    content = [
        [
            [
                row.address,
                str(row.action),
                row.moved_from,
                [[each.name, each.replaces] for each in row.attributes],
            ]
            for row in rows
        ],
        [[each.rule, list(each.addresses), each.title * (each.kind is not Kind.SECRET)] for each in findings],
    ]
    neutral = re.compile(rf"(?<![a-z0-9]){re.escape(environment)}(?![a-z0-9])")
    return neutral.sub("ENVIRONMENT", _text(content))


def _counts(change: Change) -> bool:
    return change.does_something or (change.managed and bool(change.deposed))


def _change(change: Change, now: str) -> list[Any]:
    return [
        change.address,
        change.deposed,
        list(change.actions),
        change.previous_address,
        change.import_id,
        sorted(map(list, change.replace_paths), key=_text),
        _plain(change.before, now),
        _plain(change.after, now),
    ]


def _plain(value: Any, now: str) -> Any:
    """The tree with `Hidden` and `Unknown` as objects that no plan contains.

    `now` is the time of the plan: a first deployment is tagged with it.
    """
    if isinstance(value, Hidden):
        return {"secret": value.digest}
    if isinstance(value, Unknown):
        return {"unknown": True}
    if isinstance(value, dict):
        return {name: _plain(each, now) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, now) for each in value]
    if now and isinstance(value, str):
        return value.replace(now, "the time of the plan")
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
