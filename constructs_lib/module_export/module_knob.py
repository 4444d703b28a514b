"""One thing that differs between the two syntheses that a module is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from constructs_lib.module_export.generalize import Placeholder
from constructs_lib.module_export.module_inputs import Variable, allowed, matches
from constructs_lib.settings.settings_file import Text


@dataclass(frozen=True, slots=True)
class Knob:
    """What differs between the two syntheses: the setting at `path`, and how that shows in Terraform."""

    path: str
    one: Any
    two: Any
    placeholders: tuple[Placeholder, ...]
    variable: Variable | None = None


def text_knob(
    path: str,
    name: str,
    kind: Text,
    description: str,
    pair: tuple[str, str],
    default: Any = None,
    *,
    also: str = "",
) -> Knob:
    """A setting that is a text; without a default it has to be given. `also`: a further condition."""
    made = Variable(
        name=name,
        type="string",
        description=description,
        checks=((" && ".join(filter(None, (matches(kind, f"var.{name}"), also))), allowed(kind)),),
        default=default,
    )
    return Knob(path, *pair, (Placeholder(f"var.{name}", *pair),), made)
