"""JSON Schemas as tables of fields."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from ops.api_docs.parts import Document, named, prose, table

# Keyword: its text, in which `{}` is the value.
WORDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "maxProperties": "at most {} keys",
    "pattern": "like <code>{}</code>",
    "default": "default <code>{}</code>",
}


def kind(document: Document, schema: Any) -> str:
    """Returns type and limits of a value."""
    schema = document.resolved(schema)
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    words = [" or ".join(types)]
    if "enum" in schema:
        words.append(" ".join(f"<code>{escape(str(it))}</code>" for it in schema["enum"]))
    words += [
        text.format(escape(_plain(schema[keyword]))) for keyword, text in WORDS.items() if keyword in schema
    ]
    return ", ".join(words)


def fields(document: Document, schema: Any) -> str:
    """Returns a table with one row for each field, nested fields included."""
    rows = list(_rows(document, document.resolved(schema), ""))
    return table(("Field", "Value", "Meaning"), rows) if rows else "<p>No fields.</p>"


def _rows(document: Document, schema: Any, at: str) -> Iterator[tuple[str, str, str]]:
    for name, raw in schema.get("properties", {}).items():
        inner, place = document.resolved(raw), f"{at}{name}"
        shown = named(place, needed=name in schema.get("required", ()))
        yield shown, kind(document, inner), prose(inner.get("description", ""))
        yield from _rows(document, inner, f"{place}.")
        if "items" in inner:
            yield from _rows(document, document.resolved(inner["items"]), f"{place}[].")


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
