"""Small pieces of HTML; text of the document is escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True, slots=True)
class Document:
    """Represents a document and resolves its references."""

    raw: Mapping[str, Any]

    def resolved(self, node: Any) -> Any:
        """Returns the node that a reference names, or the node itself."""
        while "$ref" in node:
            found: Any = self.raw
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node


def prose(text: str, *, inline: bool = False) -> str:
    """Returns paragraphs and `code`, the only Markdown in the descriptions."""
    paragraphs = [re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(it)) for it in text.split("\n\n") if it]
    return " ".join(paragraphs) if inline else "".join(f"<p>{it}</p>" for it in paragraphs)


def compact(value: object) -> str:
    """Returns JSON in one line."""
    return json.dumps(value, ensure_ascii=False)


def code(value: object) -> str:
    """Returns a block of text or JSON; it scrolls, so it has a tab stop for the keyboard."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre tabindex=0><code>{escape(text)}</code></pre>"


def named(name: str, *, needed: bool) -> str:
    """Returns a name, marked if it is required."""
    return f"<code>{escape(name)}</code>" + (" <em>required</em>" if needed else "")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table; its cells are HTML already."""
    head = "".join(f"<th scope=col>{escape(it)}</th>" for it in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"<div class=wide tabindex=0><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
