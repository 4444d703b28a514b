"""Resources with their type and attributes, as input of a bill."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JSON = (str, int, float, bool, list, dict)  # other objects mark hidden and unknown values of a plan


@dataclass(frozen=True, slots=True)
class Resource:
    """Represents a resource; `path`: its construct's, or the address."""

    address: str
    type: str
    values: Mapping[str, Any]
    path: str

    def get(self, path: str) -> Any:
        """Returns the attribute at `a.b.0.c`; None for an absent, hidden or unknown one."""
        value: Any = self.values
        for step in path.split("."):
            if isinstance(value, list):
                numbered = step.isdigit()
                index = int(step) if numbered else 0
                value = value[index] if index < len(value) else None
                if numbered:
                    continue
            value = value.get(step) if isinstance(value, Mapping) else None
        return value if isinstance(value, JSON) else None

    def count(self, path: str) -> int:
        """Returns the number of blocks or values at a path, through all blocks on the way."""
        found: list[Any] = [self.values]
        for step in path.split("."):
            found = [inner for value in found for inner in _members(value, step)]
        return len(found)


def of_stack(file: Path) -> list[Resource]:
    """Returns the resources of a synthesized stack (`cdk.tf.json`)."""
    stack = json.loads(file.read_text(encoding="utf-8"))
    return [
        Resource(
            f"{kind}.{name}",
            kind,
            body,
            body.get("//", {}).get("metadata", {}).get("path", f"{kind}.{name}"),
        )
        for kind, bodies in stack.get("resource", {}).items()
        for name, body in bodies.items()
    ]


def _members(value: Any, step: str) -> list[Any]:
    inner = value.get(step) if isinstance(value, Mapping) else None
    if inner is None:
        return []
    return list(inner) if isinstance(inner, list) else [inner]
