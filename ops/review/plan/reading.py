"""Read `terraform show -json`: https://developer.hashicorp.com/terraform/internals/json-format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ops.errors import Problem
from ops.review.knowledge import knowledge
from ops.review.plan.plan import UNKNOWN, Action, Change, Check, OutputChange, Plan, unindexed
from ops.review.plan.secrets import Vault, marked

LARGEST = 100_000_000  # bytes; 2,000 resources take about 11,000,000
MAJOR = "1"
WORDS = frozenset(["no-op", "create", "read", "update", "delete", "forget"])
REMAKE = "Make it anew: terraform show -json PLANFILE > plan.json"


def load(path: Path) -> Any:
    """The JSON of a file; whatever is wrong with it is one sentence."""
    try:
        _check_size(path.stat().st_size, str(path))
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error


def parse(text: bytes | str, name: str) -> Any:
    """The JSON of a text."""
    _check_size(len(text), name)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise Problem(f"{name} is nested too deeply for a plan.", hint=REMAKE) from error
    except UnicodeDecodeError as error:
        raise Problem(f"{name} is not text in UTF-8, so not the JSON of a plan.", hint=REMAKE) from error
    except json.JSONDecodeError as error:
        raise Problem(
            f"{name} is not whole JSON (line {error.lineno}, column {error.colno}).", hint=REMAKE
        ) from error
    except ValueError as error:
        raise Problem(f"{name} holds a number that no plan holds.", hint=REMAKE) from error


def _check_size(size: int, name: str) -> None:
    if size > LARGEST:
        raise Problem(
            f"{name}: {size / 1e6:.0f} MB are too much for a plan; {LARGEST / 1e6:.0f} MB are the most."
        )


def read(document: Any, vault: Vault, *, name: str, where: str, paths: Mapping[str, str]) -> Plan:
    """The plan in a parsed document. `where`: what to call it in a sentence; `paths`: constructs by address.

    What the plan marks as secret is hidden here, before anything looks at it.
    """
    _check_format(document, where)
    try:
        return _plan(document, vault, name, paths)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Problem(f"{where} has the head of a plan, and something else below it.", hint=REMAKE) from error


def _check_format(document: Any, where: str) -> None:
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, str):
        raise Problem(f"{where} is JSON, but not that of a Terraform plan.", hint=REMAKE)
    if "planned_values" not in document and "resource_changes" not in document:
        raise Problem(f"{where} is JSON of Terraform, but not of a plan.", hint=REMAKE)
    if version.partition(".")[0] != MAJOR:
        raise Problem(f"{where} has format {version}, and this payctl reads format {MAJOR}.x.")


def _plan(document: Mapping[str, Any], vault: Vault, name: str, paths: Mapping[str, str]) -> Plan:
    configuration = document.get("configuration") or {}
    prior = (document.get("prior_state") or {}).get("values") or {}
    _remember_variables(document, configuration, vault)
    _remember_data(prior.get("root_module") or {}, vault)
    outputs = tuple(_outputs(document.get("output_changes") or {}, vault))
    changes = tuple(_changes(document.get("resource_changes") or (), vault, paths))
    resources = list(_configured(configuration.get("root_module") or {}, ""))
    return Plan(
        name=name,
        changes=changes,
        drift=tuple(_changes(document.get("resource_drift") or (), vault, paths)),
        outputs=outputs,
        checks=tuple(_checks(document.get("checks") or (), vault)),
        references={address: names for address, names, _ in resources},
        configured={address: attributes for address, _, attributes in resources},
        accounts=frozenset((*_accounts(prior.get("root_module") or {}), *_owners(changes))),
        complete=document.get("complete", True) is not False,
        errored=document.get("errored", False) is True,
        terraform=str(document.get("terraform_version", "")),
        timestamp=str(document.get("timestamp") or ""),
    )


def _changes(
    entries: Iterable[Mapping[str, Any]], vault: Vault, paths: Mapping[str, str]
) -> Iterable[Change]:
    for entry in entries:
        change = entry["change"]
        if not WORDS.issuperset(change["actions"]):
            raise ValueError(change["actions"])
        sides = change.get("before"), change.get("after")
        if not all(isinstance(side, dict | None) for side in sides):
            raise TypeError(entry["address"])
        marks = marked(change.get("before_sensitive"), change.get("after_sensitive"))
        marks = _truly(marks, _word(entry, "type"), *sides)
        after = with_unknown(change.get("after"), change.get("after_unknown"))
        yield Change(
            address=_word(entry, "address"),
            type=_word(entry, "type"),
            actions=tuple(change["actions"]),
            before=vault.hide(change.get("before"), marks),
            after=vault.hide(after, marks),
            replace_paths=tuple(tuple(path) for path in change.get("replace_paths") or ()),
            reason=_word(entry, "action_reason"),
            import_id=_import_id(change.get("importing")),
            previous_address=_word(entry, "previous_address"),
            deposed=_word(entry, "deposed"),
            managed=entry.get("mode", "managed") == "managed",
            path=paths.get(unindexed(entry["address"]), ""),
        )


def _word(entry: Mapping[str, Any], name: str) -> str:
    """A text of an entry; empty where there is none."""
    found = entry.get(name) or ""
    if not isinstance(found, str):
        raise TypeError(name)
    return found


def _truly(marks: Any, kind: str, *sides: Any) -> Any:
    """The marks without those that the provider sets on what is no secret."""
    opened = [
        each.attribute for each in knowledge().open_marks if each.type == kind and all(map(each.holds, sides))
    ]
    if not opened or not isinstance(marks, dict):
        return marks
    return {name: mark for name, mark in marks.items() if name not in opened}


def with_unknown(value: Any, unknown: Any) -> Any:
    """The tree with UNKNOWN at every place that `after_unknown` names."""
    if unknown is True:
        return UNKNOWN
    if not unknown:
        return value
    if isinstance(unknown, dict):
        tree = value if isinstance(value, dict) else {}
        names = dict.fromkeys([*tree, *(name for name, each in unknown.items() if _any(each))])
        return {name: with_unknown(tree.get(name), unknown.get(name)) for name in names} if names else value
    row = value if isinstance(value, list) else []
    longest = max(len(row), len(unknown))
    return [
        with_unknown(row[at] if at < len(row) else None, unknown[at] if at < len(unknown) else None)
        for at in range(longest)
    ]


def _any(unknown: Any) -> bool:
    if isinstance(unknown, (dict, list)):
        return any(map(_any, unknown.values() if isinstance(unknown, dict) else unknown))
    return bool(unknown)


def _import_id(importing: Any) -> str:
    if not isinstance(importing, dict):
        return ""
    return str(importing.get("id") or importing.get("identity") or "known after apply")


def _outputs(changes: Mapping[str, Any], vault: Vault) -> Iterable[OutputChange]:
    for name, change in sorted(changes.items()):
        marks = marked(change.get("before_sensitive"), change.get("after_sensitive"))
        for side in ("before", "after"):
            vault.hide(change.get(side), marks)
        action = Action(
            {"delete": "destroy"}.get(change["actions"][0], change["actions"][0])
            if len(change["actions"]) == 1
            else "update"
        )
        yield OutputChange(name, action, bool(marks))


def _checks(entries: Iterable[Mapping[str, Any]], vault: Vault) -> Iterable[Check]:
    for entry in entries:
        if entry["status"] in ("fail", "error"):
            problems = [
                _word(problem, "message")
                for instance in entry.get("instances") or ()
                for problem in instance.get("problems") or ()
                if "message" in problem
            ]
            yield Check(
                _word(entry["address"], "to_display"), entry["status"], tuple(map(vault.strike, problems))
            )


def _remember_variables(document: Mapping[str, Any], configuration: Mapping[str, Any], vault: Vault) -> None:
    declared = (configuration.get("root_module") or {}).get("variables") or {}
    for name, given in (document.get("variables") or {}).items():
        if declared.get(name, {}).get("sensitive"):
            vault.remember(given.get("value"))


def _remember_data(module: Mapping[str, Any], vault: Vault) -> None:
    """What data sources have read lies in the prior state alone."""
    for resource in module.get("resources") or ():
        if resource.get("mode") == "data":
            values = resource.get("values")
            vault.hide(values, _truly(resource.get("sensitive_values"), resource.get("type", ""), values))
    for child in module.get("child_modules") or ():
        _remember_data(child, vault)


def _accounts(module: Mapping[str, Any]) -> Iterable[str]:
    """The accounts that the plan works in."""
    for resource in module.get("resources") or ():
        if resource.get("type") == "aws_caller_identity":
            yield str(resource["values"]["account_id"])


def _owners(changes: Iterable[Change]) -> Iterable[str]:
    """The accounts in the ARNs of what is there."""
    for change in changes:
        arn = change.before.get("arn") if change.managed and isinstance(change.before, dict) else None
        parts = arn.split(":") if isinstance(arn, str) else []
        if len(parts) > 5 and parts[4].isdigit():
            yield parts[4]


def _configured(
    module: Mapping[str, Any], prefix: str
) -> Iterable[tuple[str, frozenset[str], frozenset[str]]]:
    """Address, what it refers to, and the attributes that it sets, of every resource."""
    resources = module.get("resources") or ()
    known = {resource["address"] for resource in resources}
    for resource in resources:
        expressions = resource.get("expressions") or {}
        places = (expressions, resource.get("count_expression"), resource.get("for_each_expression"))
        names = {name for place in places for name in _names(place)} | set(resource.get("depends_on") or ())
        targets = frozenset(prefix + name for name in names & known)
        yield prefix + resource["address"], targets, frozenset(expressions)
    for name, call in (module.get("module_calls") or {}).items():
        yield from _configured(call.get("module") or {}, f"{prefix}module.{name}.")


def _names(expression: Any) -> Iterable[str]:
    if isinstance(expression, dict):
        yield from expression.get("references") or ()
        for each in expression.values():
            yield from _names(each)
    elif isinstance(expression, list):
        for each in expression:
            yield from _names(each)
