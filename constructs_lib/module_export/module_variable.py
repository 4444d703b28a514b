"""One thing that differs between the two syntheses that a module is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from constructs_lib.module_export.parameterize import Placeholder
from constructs_lib.module_export.variables import VariableDeclaration, allowed, matches
from constructs_lib.settings.reader import Text


@dataclass(frozen=True, slots=True)
class ModuleVariable:
    """What differs between the two syntheses: the setting at `path`, and how that shows in Terraform."""

    path: str
    one: Any
    two: Any
    placeholders: tuple[Placeholder, ...]
    declaration: VariableDeclaration | None = None


def text_variable(
    path: str,
    name: str,
    kind: Text,
    description: str,
    pair: tuple[str, str],
    default: Any = None,
    *,
    also: str = "",
) -> ModuleVariable:
    """A setting that is a text; without a default it has to be given. `also`: a further condition."""
    made = VariableDeclaration(
        name=name,
        type="string",
        description=description,
        checks=((" && ".join(filter(None, (matches(kind, f"var.{name}"), also))), allowed(kind)),),
        default=default,
    )
    return ModuleVariable(path, *pair, (Placeholder(f"var.{name}", *pair),), made)
