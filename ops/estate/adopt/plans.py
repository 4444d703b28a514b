"""Changes that a plan makes to imported resources, read from `terraform show -json`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.review.plan.plan import UNKNOWN
from ops.review.plan.secrets import merged_marks
from ops.review.plan.values import leaves

TAGS = ("tags", "tags_all")
SENSITIVE = "(sensitive)"
MAX_SHOWN = 90  # characters of a value


@dataclass(frozen=True, slots=True)
class Difference:
    """Represents one attribute of an imported resource that a plan would change.

    `replaces`: the attribute cannot be changed in place. `sensitive`: its values must not be shown.
    """

    address: str
    attribute: str
    before: Any
    after: Any
    replaces: bool
    sensitive: bool = False

    @property
    def shown(self) -> str:
        if self.sensitive:
            return f"{self.attribute}: {SENSITIVE}"
        return f"{self.attribute}: {_shortened(self.before)} → {_shortened(self.after)}"

    @property
    def is_tags(self) -> bool:
        return self.attribute in TAGS


class Plan:
    """Holds the changes of a plan to managed resources."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.changes = [
            change for change in document.get("resource_changes", []) if change["mode"] == "managed"
        ]

    def deleted(self) -> list[str]:
        """Returns the addresses that would be deleted, replaced ones included."""
        return [it["address"] for it in self.changes if "delete" in it["change"]["actions"]]

    def created(self) -> list[str]:
        """Returns the addresses that would be created, without replaced ones."""
        return [change["address"] for change in self.changes if change["change"]["actions"] == ["create"]]

    def differences(self) -> list[Difference]:
        """Returns the differences of all imports and updates, those that replace first and tags last."""
        found = [each for change in self.changes for each in _differences(change)]
        return sorted(found, key=lambda it: (not it.replaces, it.is_tags, it.address, it.attribute))


def _differences(change: Mapping[str, Any]) -> Iterator[Difference]:
    detail = change["change"]
    if "importing" not in detail and detail["actions"] != ["update"]:
        return
    if detail["actions"] in (["no-op"], ["read"]):
        return
    before, after = detail["before"] or {}, detail["after"] or {}
    unknown = detail.get("after_unknown") or {}
    replacing = {path[0] for path in detail.get("replace_paths", []) if path}
    marks = merged_marks(detail.get("before_sensitive"), detail.get("after_sensitive"))
    for name in sorted({*before, *after, *unknown}):
        differs = _differs(before.get(name), after.get(name), unknown.get(name, False))
        only_unknown = bool(unknown.get(name)) and not differs
        if differs or only_unknown or name in replacing:
            yield Difference(
                address=change["address"],
                attribute=name,
                before=before.get(name),
                after=UNKNOWN if only_unknown else after.get(name),
                replaces=name in replacing,
                # A mark has the shape of its value.
                sensitive=any(mark and (not at or at[0] == name) for at, mark in leaves(marks)),
            )


def _differs(before: Any, after: Any, unknown: Any) -> bool:
    """Returns True if the known parts of two values differ."""
    if unknown is True:
        return False
    if isinstance(before, dict) and isinstance(after, dict):
        inner = unknown if isinstance(unknown, dict) else {}
        return any(
            _differs(before.get(key), after.get(key), inner.get(key, False)) for key in {*before, *after}
        )
    if isinstance(before, list) and isinstance(after, list) and isinstance(unknown, list) and any(unknown):
        if len(before) != len(after):
            return True
        return any(
            _differs(one, other, unknown[number] if number < len(unknown) else False)
            for number, (one, other) in enumerate(zip(before, after, strict=True))
        )
    return bool(before != after)


def _shortened(value: Any) -> str:
    text = f"({value})" if value is UNKNOWN else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
