"""What a plan would do to what it imports: read from `terraform show -json`, never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TAGS = ("tags", "tags_all")
HIDDEN = "(sensitive)"
LONGEST = 90  # of a shown value, characters


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute of an imported thing that would not stay as it is. `replaces`: it cannot be changed."""

    address: str
    attribute: str
    before: Any
    after: Any
    replaces: bool
    hidden: bool = False

    @property
    def shown(self) -> str:
        if self.hidden:
            return f"{self.attribute}: {HIDDEN}"
        return f"{self.attribute}: {_short(self.before)} → {_short(self.after)}"

    @property
    def is_tags(self) -> bool:
        return self.attribute in TAGS


class Unknown:
    """A value that is known after the apply only."""

    def __repr__(self) -> str:
        return "(known after apply)"


UNKNOWN = Unknown()


class Plan:
    """The changes of a plan, without those of data sources."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.changes = [
            change for change in document.get("resource_changes", []) if change["mode"] == "managed"
        ]

    def imported(self) -> list[str]:
        return [change["address"] for change in self.changes if "importing" in change["change"]]

    def doing(self, action: str) -> list[str]:
        """Addresses that would be created or deleted; a replacement counts as both."""
        return [change["address"] for change in self.changes if action in change["change"]["actions"]]

    def created(self) -> list[str]:
        """What is made without anything going."""
        return [change["address"] for change in self.changes if change["change"]["actions"] == ["create"]]

    def differences(self) -> list[Difference]:
        """Of what is not made or destroyed: the reasons of every update, replacing ones first.

        An attribute that is only not known yet follows from another difference and is no reason, unless
        there is no other.
        """
        found = [each for change in self.changes for each in _reasons(change)]
        return sorted(found, key=lambda it: (not it.replaces, it.is_tags, it.address, it.attribute))


def _reasons(change: Mapping[str, Any]) -> Iterator[Difference]:
    detail = change["change"]
    if "importing" not in detail and detail["actions"] != ["update"]:
        return
    if detail["actions"] in (["no-op"], ["read"]):
        return
    before, after = detail["before"] or {}, detail["after"] or {}
    unknown = detail.get("after_unknown") or {}
    replacing = {path[0] for path in detail.get("replace_paths", []) if path}
    marks = [detail.get("before_sensitive"), detail.get("after_sensitive")]
    for name in sorted({*before, *after, *unknown}):
        known = _differs(before.get(name), after.get(name), unknown.get(name, False))
        open_ = bool(unknown.get(name)) and not known
        if known or open_ or name in replacing:
            yield Difference(
                address=change["address"],
                attribute=name,
                before=before.get(name),
                after=UNKNOWN if open_ and not known else after.get(name),
                replaces=name in replacing,
                hidden=any(_marked(mark.get(name) if isinstance(mark, dict) else mark) for mark in marks),
            )


def _marked(mark: Any) -> bool:
    """Whether anything inside is sensitive: the marks have the shape of the value."""
    inside = mark.values() if isinstance(mark, dict) else mark if isinstance(mark, list) else ()
    return mark is True or any(map(_marked, inside))


def _differs(before: Any, after: Any, unknown: Any) -> bool:
    """Whether what is known already differs."""
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


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, Unknown) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
