"""Elements of HTML and SVG that cannot be anything else: every text in them is escaped."""

from __future__ import annotations

import html
from dataclasses import dataclass

VOID = frozenset({"input", "meta", "br", "hr", "circle", "line", "path", "rect"})


@dataclass(frozen=True, slots=True)
class Markup:
    """Text that is markup already: only `element` and constants of ours make it."""

    text: str


type Child = str | int | Markup | None


def element(tag: str, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """`class_` is `class`, `data_x` is `data-x`; True is an attribute without value, None and False none."""
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in VOID:
        return Markup(f"<{tag}{written}>" if tag in ("input", "meta", "br", "hr") else f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{join(*children).text}</{tag}>")


def join(*children: Child) -> Markup:
    """One after the other."""
    return Markup("".join(_child(child) for child in children))


def _child(child: Child) -> str:
    if child is None:
        return ""
    return child.text if isinstance(child, Markup) else html.escape(str(child))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    plain = name.removesuffix("_").replace("_", "-")
    return f" {plain}" if value is True else f' {plain}="{html.escape(str(value))}"'
