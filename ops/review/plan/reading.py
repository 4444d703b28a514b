"""Parser of `terraform show -json`: https://developer.hashicorp.com/terraform/internals/json-format."""

import json
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ops.errors import Problem
from ops.review.knowledge import knowledge
from ops.review.plan.plan import UNKNOWN, Action, Change, Check, OutputChange, Plan, unindexed
from ops.review.plan.secrets import Redactor, merged_marks
from ops.review.plan.values import leaves

LARGEST = 100_000_000  # bytes; 2,000 resources take about 11,000,000
MAJOR = "1"
WORDS = frozenset(["no-op", "create", "read", "update", "delete", "forget"])
REMAKE = "Write it again: terraform show -json PLANFILE > plan.json"


def load(path: Path) -> Any:
    """Returns the JSON of a file. Raises Problem for an unreadable, incomplete or too large file."""
    try:
        _check_size(path.stat().st_size, str(path))
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error


def parse(text: bytes | str, name: str) -> Any:
    """Returns the JSON of a text. Raises Problem."""
    _check_size(len(text), name)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise Problem(f"{name} is nested too deeply for a plan.", hint=REMAKE) from error
    except ValueError as error:  # invalid UTF-8 or JSON, or a number with thousands of digits
        raise Problem(f"{name} is not valid JSON: {error}.", hint=REMAKE) from error


def _check_size(size: int, name: str) -> None:
    if size > LARGEST:
        raise Problem(f"{name}: {size / 1e6:.0f} MB is too large for a plan; at most {LARGEST / 1e6:.0f} MB.")


def read(document: Any, redactor: Redactor, *, name: str, where: str, paths: Mapping[str, str]) -> Plan:
    """Returns the plan in a parsed document, with marked secrets hidden. Raises Problem.

    `where`: its name in error messages; `paths`: construct paths by address.
    """
    _check_format(document, where)
    try:
        return _plan(document, redactor, name, paths)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Problem(f"{where} begins like a plan, but has other entries.", hint=REMAKE) from error


def _check_format(document: Any, where: str) -> None:
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, str):
        raise Problem(f"{where} is JSON, but not a Terraform plan.", hint=REMAKE)
    if "planned_values" not in document and "resource_changes" not in document:
        raise Problem(f"{where} is JSON of Terraform, but not a plan.", hint=REMAKE)
    if version.partition(".")[0] != MAJOR:
        raise Problem(f"{where} has format {version}; this payctl reads format {MAJOR}.x.")


def _plan(document: Mapping[str, Any], redactor: Redactor, name: str, paths: Mapping[str, str]) -> Plan:
    configuration = document.get("configuration") or {}
    prior = ((document.get("prior_state") or {}).get("values") or {}).get("root_module") or {}
    _remember_variables(document, configuration, redactor)
    _remember_data(prior, redactor)
    outputs = tuple(_outputs(document.get("output_changes") or {}, redactor))
    changes = tuple(_changes(document.get("resource_changes") or (), redactor, paths))
    resources = list(_configured(configuration.get("root_module") or {}, ""))
    return Plan(
        name=name,
        changes=changes,
        drift=tuple(_changes(document.get("resource_drift") or (), redactor, paths)),
        outputs=outputs,
        checks=tuple(_checks(document.get("checks") or (), redactor)),
        references={address: names for address, names, _ in resources},
        configured={address: attributes for address, _, attributes in resources},
        accounts=frozenset(_accounts(prior, changes)),
        complete=document.get("complete", True) is not False,
        errored=document.get("errored", False) is True,
        terraform=str(document.get("terraform_version", "")),
        timestamp=str(document.get("timestamp") or ""),
    )


def _changes(
    entries: Iterable[Mapping[str, Any]], redactor: Redactor, paths: Mapping[str, str]
) -> Iterable[Change]:
    for entry in entries:
        change = entry["change"]
        if not WORDS.issuperset(change["actions"]):
            raise ValueError(change["actions"])
        sides = change.get("before"), change.get("after")
        if not all(isinstance(side, dict | None) for side in sides):
            raise TypeError(entry["address"])
        marks = merged_marks(change.get("before_sensitive"), change.get("after_sensitive"))
        marks = _without_false_marks(marks, _word(entry, "type"), *sides)
        after = with_unknown(change.get("after"), change.get("after_unknown"))
        yield Change(
            address=_word(entry, "address"),
            type=_word(entry, "type"),
            actions=tuple(change["actions"]),
            before=redactor.hide(change.get("before"), marks),
            after=redactor.hide(after, marks),
            replace_paths=tuple(tuple(path) for path in change.get("replace_paths") or ()),
            reason=_word(entry, "action_reason"),
            import_id=_import_id(change.get("importing")),
            previous_address=_word(entry, "previous_address"),
            deposed=_word(entry, "deposed"),
            managed=entry.get("mode", "managed") == "managed",
            path=paths.get(unindexed(entry["address"]), ""),
        )


def _word(entry: Mapping[str, Any], name: str) -> str:
    """A text of an entry, "" by default."""
    found = entry.get(name) or ""
    if not isinstance(found, str):
        raise TypeError(name)
    return found


def _without_false_marks(marks: Any, kind: str, *sides: Any) -> Any:
    """The marks without those that the provider sets on public values."""
    public = [
        each.attribute
        for each in knowledge().false_sensitive
        if each.type == kind and all(map(each.is_public, sides))
    ]
    if not public or not isinstance(marks, dict):
        return marks
    return {name: mark for name, mark in marks.items() if name not in public}


def with_unknown(value: Any, unknown: Any) -> Any:
    """Returns the tree with UNKNOWN at every path that `after_unknown` marks."""
    if unknown is True:
        return UNKNOWN
    if not unknown:
        return value
    if isinstance(unknown, dict):
        tree = value if isinstance(value, dict) else {}
        marked = (name for name, each in unknown.items() if any(leaf for _, leaf in leaves(each)))
        names = dict.fromkeys([*tree, *marked])
        return {name: with_unknown(tree.get(name), unknown.get(name)) for name in names} if names else value
    return [with_unknown(*each) for each in zip_longest(value if isinstance(value, list) else [], unknown)]


def _import_id(importing: Any) -> str:
    if not isinstance(importing, dict):
        return ""
    return str(importing.get("id") or importing.get("identity") or "known after apply")


def _outputs(changes: Mapping[str, Any], redactor: Redactor) -> Iterable[OutputChange]:
    for name, change in sorted(changes.items()):
        marks = merged_marks(change.get("before_sensitive"), change.get("after_sensitive"))
        for side in ("before", "after"):
            redactor.hide(change.get(side), marks)
        first, *more = change["actions"]
        action = Action.UPDATE if more else Action({"delete": "destroy"}.get(first, first))
        yield OutputChange(name, action, bool(marks))


def _checks(entries: Iterable[Mapping[str, Any]], redactor: Redactor) -> Iterable[Check]:
    for entry in entries:
        if entry["status"] in ("fail", "error"):
            problems = [
                _word(problem, "message")
                for instance in entry.get("instances") or ()
                for problem in instance.get("problems") or ()
                if "message" in problem
            ]
            yield Check(
                _word(entry["address"], "to_display"), entry["status"], tuple(map(redactor.redact, problems))
            )


def _remember_variables(
    document: Mapping[str, Any], configuration: Mapping[str, Any], redactor: Redactor
) -> None:
    declared = (configuration.get("root_module") or {}).get("variables") or {}
    for name, variable in (document.get("variables") or {}).items():
        if declared.get(name, {}).get("sensitive"):
            redactor.remember(variable.get("value"))


def _remember_data(module: Mapping[str, Any], redactor: Redactor) -> None:
    """Records secrets that data sources have read: only the prior state contains them."""
    for resource in module.get("resources") or ():
        if resource.get("mode") == "data":
            values = resource.get("values")
            redactor.hide(
                values,
                _without_false_marks(resource.get("sensitive_values"), resource.get("type", ""), values),
            )
    for child in module.get("child_modules") or ():
        _remember_data(child, redactor)


def _accounts(prior: Mapping[str, Any], changes: Iterable[Change]) -> Iterable[str]:
    """The account of the caller, and those in the ARNs of existing resources."""
    for resource in prior.get("resources") or ():
        if resource.get("type") == "aws_caller_identity":
            yield str(resource["values"]["account_id"])
    for change in changes:
        arn = change.before.get("arn") if change.managed and isinstance(change.before, dict) else None
        parts = arn.split(":") if isinstance(arn, str) else []
        if len(parts) > 5 and parts[4].isdigit():
            yield parts[4]


def _configured(
    module: Mapping[str, Any], prefix: str
) -> Iterable[tuple[str, frozenset[str], frozenset[str]]]:
    """Address, references and configured attributes of every resource."""
    resources = module.get("resources") or ()
    known = {resource["address"] for resource in resources}
    for resource in resources:
        expressions = resource.get("expressions") or {}
        sources = [expressions, resource.get("count_expression"), resource.get("for_each_expression")]
        names = {leaf for steps, leaf in leaves(sources) if "references" in steps}
        names.update(resource.get("depends_on") or ())
        targets = frozenset(prefix + name for name in names & known)
        yield prefix + resource["address"], targets, frozenset(expressions)
    for name, call in (module.get("module_calls") or {}).items():
        yield from _configured(call.get("module") or {}, f"{prefix}module.{name}.")
