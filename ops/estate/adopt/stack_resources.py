"""Resources of the synthesized stack, with their attributes resolved against existing resources."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

REFERENCE = re.compile(r"\$\{((?:data\.)?[a-z0-9_]+\.[A-Za-z0-9_-]+)\.([a-z0-9_]+)\}")
MENTION = re.compile(r"\b(aws_[a-z0-9_]+\.[A-Za-z_][A-Za-z0-9_-]*)\.[a-z]")
# Attributes of data sources that are the same for the whole account.
CONSTANTS = {"account_id": "account", "partition": "partition"}


@dataclass(frozen=True, slots=True)
class StackResource:
    """Represents one resource of the synthesized stack."""

    address: str
    type: str
    body: Mapping[str, Any] = field(hash=False)

    def mentions(self, attribute: str) -> set[str]:
        """Returns the addresses of resources to which an attribute refers."""
        return set(MENTION.findall(json.dumps(self.body.get(attribute))))


class Stack:
    """Holds the resources of a stack by address. `constants` are `region`, `account` and `partition`."""

    def __init__(self, document: Mapping[str, Any], constants: Mapping[str, str]) -> None:
        self.constants = constants
        self.resources = {
            f"{kind}.{name}": StackResource(f"{kind}.{name}", kind, body)
            for kind, named in document.get("resource", {}).items()
            for name, body in named.items()
        }

    def attributes(self, resource: StackResource, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Returns the known attributes: literals, and references to attributes in `found`."""
        known = {key: self._resolve(value, found) for key, value in resource.body.items() if key != "//"}
        return {**self.constants, **{key: value for key, value in known.items() if value is not None}}

    def referring(self, address: str) -> Iterator[tuple[StackResource, str]]:
        """Yields resources that refer to an address, each with the attribute that does."""
        for resource in self.resources.values():
            for attribute in resource.body:
                if address in resource.mentions(attribute):
                    yield resource, attribute

    def _resolve(self, value: Any, found: Mapping[str, Mapping[str, Any]]) -> Any:
        if isinstance(value, dict):
            return {key: self._resolve(each, found) for key, each in value.items()}
        if not isinstance(value, str):
            return value
        unknown: list[str] = []

        def resolve(reference: re.Match[str]) -> str:
            address, attribute = reference.groups()
            if address.startswith("data."):
                resolved = self.constants.get(CONSTANTS.get(attribute, ""))
            else:
                resolved = found.get(address, {}).get(attribute)
            if resolved in (None, ""):
                unknown.append(address)
            return str(resolved)

        text = REFERENCE.sub(resolve, value)
        return None if unknown or "${" in text else text
