"""Templates of import ids and look-up parameters, filled in with attributes."""

import re
from collections.abc import Mapping
from typing import Any

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
OPTIONAL = re.compile(r"\[([^\[\]]*\{[^\[\]]*)\]")


def fill_template(template: str, attributes: Mapping[str, Any]) -> str | None:
    """Returns the template with attributes filled in, or None if one of them is unknown.

    `{a|b}` is the first that is not empty, `{a.b}` a member. `[…]` is omitted if an attribute in it is empty.
    """
    text = OPTIONAL.sub(lambda part: fill_template(part[1], attributes) or "", template)
    values = {names: first_value(names, attributes) for names in PLACEHOLDER.findall(text)}
    if None in values.values():
        return None
    return PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)


def first_value(names: str, attributes: Mapping[str, Any]) -> Any:
    """Returns the first value of `a|b.c` that is not empty. A list is joined by `_`, as in import ids."""
    for name in names.split("|"):
        value: Any = attributes
        for step in name.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value not in (None, "", []):
            return "_".join(map(str, value)) if isinstance(value, list) else value
    return None


def fill_structure(template: Any, attributes: Mapping[str, Any]) -> Any:
    """Returns a structure of templates, filled in. Raises LookupError if an attribute is unknown."""
    if isinstance(template, str):
        text = fill_template(template, attributes)
        if text is None:
            raise LookupError(template)
        return text
    if isinstance(template, list):
        return [fill_structure(each, attributes) for each in template]
    if isinstance(template, dict):
        return {key: fill_structure(value, attributes) for key, value in template.items()}
    return template


def template_attributes(template: str) -> tuple[str, ...]:
    """Returns all attributes that a template names."""
    return tuple(name for names in PLACEHOLDER.findall(template) for name in names.split("|"))
