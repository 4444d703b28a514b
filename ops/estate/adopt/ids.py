"""Import ids and look-up parameters, made of attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PLACE = re.compile(r"\{([^{}]+)\}")
OPTIONAL = re.compile(r"\[([^\[\]]*\{[^\[\]]*)\]")


def filled(template: str, attributes: Mapping[str, Any]) -> str | None:
    """The template with its attributes, or None where one of them is not known.

    `{a|b}` is the first that is not empty, `{a.b}` a member; `[…]` is left out where an attribute in it is
    empty.
    """
    text = OPTIONAL.sub(lambda part: filled(part[1], attributes) or "", template)
    values = {place: first(place, attributes) for place in PLACE.findall(text)}
    if None in values.values():
        return None
    return PLACE.sub(lambda place: str(values[place[1]]), text)


def first(places: str, attributes: Mapping[str, Any]) -> Any:
    """The first of `a|b.c` that is not empty; a list as the provider writes one in an id."""
    for place in places.split("|"):
        value: Any = attributes
        for step in place.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value not in (None, "", []):
            return "_".join(map(str, value)) if isinstance(value, list) else value
    return None


def asked(template: Any, attributes: Mapping[str, Any]) -> Any:
    """A structure of templates, filled. Raises LookupError where an attribute is not known."""
    if isinstance(template, str):
        text = filled(template, attributes)
        if text is None:
            raise LookupError(template)
        return text
    if isinstance(template, list):
        return [asked(each, attributes) for each in template]
    if isinstance(template, dict):
        return {key: asked(value, attributes) for key, value in template.items()}
    return template


def attributes_of(template: str) -> tuple[str, ...]:
    """Every attribute that a template names."""
    return tuple(name for place in PLACE.findall(template) for name in place.split("|"))
