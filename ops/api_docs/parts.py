"""Small pieces of HTML; whatever comes from a document is escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True, slots=True)
class Document:
    """A document whose references are followed."""

    raw: Mapping[str, Any]

    def resolved(self, node: Any) -> Any:
        """The node itself, or what it refers to."""
        while "$ref" in node:
            found: Any = self.raw
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node


def prose(text: str, *, inline: bool = False) -> str:
    """Paragraphs and `code`, which is all the Markdown that our descriptions use."""
    paragraphs = [re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(it)) for it in text.split("\n\n") if it]
    return " ".join(paragraphs) if inline else "".join(f"<p>{it}</p>" for it in paragraphs)


def compact(value: object) -> str:
    """JSON in one line."""
    return json.dumps(value, ensure_ascii=False)


def code(value: object) -> str:
    """A block: a text as it is, anything else as JSON. It scrolls, so the keyboard has to reach it."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre tabindex=0><code>{escape(text)}</code></pre>"


def named(name: str, *, needed: bool) -> str:
    """A name, and whether it has to be there."""
    return f"<code>{escape(name)}</code>" + (" <em>required</em>" if needed else "")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML already."""
    head = "".join(f"<th scope=col>{escape(it)}</th>" for it in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"<div class=wide tabindex=0><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
