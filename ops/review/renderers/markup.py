"""Elements of HTML and SVG that cannot be anything else: every text in them is escaped."""

from __future__ import annotations

import functools
import html
from collections.abc import Iterable
from dataclasses import dataclass

VOID = frozenset({"input", "meta", "br", "hr"})  # of HTML: without an end tag
EMPTY = frozenset({"circle", "line", "path", "rect"})  # of SVG: closed as they open

type Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Markup:
    """Text that is markup already: only `element` and constants of ours make it."""

    text: str


type Child = str | int | Markup | None


def element(tag: str, *children: Child, **attributes: Value) -> Markup:
    """`class_` is `class`, `data_x` is `data-x`; True is an attribute without value, None and False none."""
    # True equals 1, so a cache has to be told which of them it is.
    begins, ends = _tags(tag, tuple([(name, value, value is True) for name, value in attributes.items()]))
    return Markup(f"{begins}{_texts(children)}{ends}")


def join(*children: Child) -> Markup:
    """One after the other."""
    return Markup(_texts(children))


def _texts(children: Iterable[Child]) -> str:
    return "".join(
        [
            child.text if isinstance(child, Markup) else html.escape(str(child))
            for child in children
            if child is not None
        ]
    )


@functools.lru_cache(maxsize=4096)  # most elements of a large page begin alike
def _tags(tag: str, attributes: tuple[tuple[str, Value, bool], ...]) -> tuple[str, str]:
    written = "".join(_attribute(name, value) for name, value, _ in attributes)
    if tag in EMPTY:
        return f"<{tag}{written}/>", ""
    return f"<{tag}{written}>", "" if tag in VOID else f"</{tag}>"


def _attribute(name: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    plain = name.removesuffix("_").replace("_", "-")
    return f" {plain}" if value is True else f' {plain}="{html.escape(str(value))}"'
