"""Our resources as they are synthesized, and what their attributes come to once something is found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

REFERENCE = re.compile(r"\$\{((?:data\.)?[a-z0-9_]+\.[A-Za-z0-9_-]+)\.([a-z0-9_]+)\}")
MENTION = re.compile(r"\b(aws_[a-z0-9_]+\.[A-Za-z_][A-Za-z0-9_-]*)\.[a-z]")
# Of the account, whichever resource asks.
CONSTANTS = {"account_id": "account", "partition": "partition"}


@dataclass(frozen=True, slots=True)
class Ours:
    """One resource of the synthesized stack."""

    address: str
    type: str
    body: Mapping[str, Any] = field(hash=False)

    def mentions(self, attribute: str) -> set[str]:
        """Addresses that an attribute refers to."""
        return set(MENTION.findall(json.dumps(self.body.get(attribute))))


class Stack:
    """Resources by address, and the place that they are for: `region`, `account`, `partition`."""

    def __init__(self, document: Mapping[str, Any], place: Mapping[str, str]) -> None:
        self.place = place
        self.resources = {
            f"{kind}.{name}": Ours(f"{kind}.{name}", kind, body)
            for kind, named in document.get("resource", {}).items()
            for name, body in named.items()
        }

    def attributes(self, ours: Ours, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """What is known of its attributes: those that say it, and those that refer to what is found."""
        known = {key: self._value(value, found) for key, value in ours.body.items() if key != "//"}
        return {**self.place, **{key: value for key, value in known.items() if value is not None}}

    def referring(self, address: str) -> Iterator[tuple[Ours, str]]:
        """Who refers to it, in which attribute."""
        for ours in self.resources.values():
            for attribute in ours.body:
                if address in ours.mentions(attribute):
                    yield ours, attribute

    def _value(self, value: Any, found: Mapping[str, Mapping[str, Any]]) -> Any:
        if isinstance(value, dict):
            return {key: self._value(each, found) for key, each in value.items()}
        if not isinstance(value, str):
            return value
        unknown: list[str] = []

        def known(reference: re.Match[str]) -> str:
            address, attribute = reference.groups()
            if address.startswith("data."):
                said = self.place.get(CONSTANTS.get(attribute, ""))
            else:
                said = found.get(address, {}).get(attribute)
            if said in (None, ""):
                unknown.append(address)
            return str(said)

        text = REFERENCE.sub(known, value)
        return None if unknown or "${" in text else text
