"""One HTML page of an OpenAPI 3.1 document: no script, nothing loaded, the same bytes each time.

Only what our own documents use is rendered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from ops.api_docs.parts import Document, code, compact, named, prose, table
from ops.api_docs.schemas import fields, kind

METHODS = ("get", "post", "put", "patch", "delete")
STYLE = Path(__file__).with_name("style.css")


def page(raw: Mapping[str, Any]) -> str:
    """Returns the page."""
    document = Document(raw)
    operations = [
        (path, method, item[method])
        for path, item in raw["paths"].items()
        for method in item
        if method in METHODS
    ]
    tags = [tag["name"] for tag in raw["tags"]]
    by_tag = {tag: [it for it in operations if it[2]["tags"] == [tag]] for tag in tags}
    info = raw["info"]
    body = [
        f"<nav aria-label=Operations><strong>{escape(info['title'])} {escape(info['version'])}</strong>",
        *(_links(tag, found) for tag, found in by_tag.items()),
        "<a class=tag href='#errors'>Errors</a></nav><main>",
        f"<h1>{escape(info['title'])}</h1><p class=lead>{escape(info.get('summary', ''))}</p>",
        prose(info.get("description", "")),
        *_security(raw),
    ]
    for tag, found in by_tag.items():
        body.append(f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>')
        body += [part for path, method, it in found for part in _operation(document, path, method, it)]
    body += _shared(document)
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'><meta name=color-scheme content='light dark'>"
        f"<title>{escape(info['title'])} API</title><style>{STYLE.read_text()}</style></head>\n<body>"
        + "\n".join(body)
        + "</main></body></html>\n"
    )


def _anchor(text: str) -> str:
    return escape(text.lower().replace(" ", "-"))


def _links(tag: str, operations: list[tuple[str, str, Any]]) -> str:
    links = "".join(
        f'<li><a href="#{escape(it["operationId"])}">{_method(method)} {escape(it["summary"])}</a></li>'
        for _, method, it in operations
    )
    return f'<a class=tag href="#{_anchor(tag)}">{escape(tag)}</a><ul>{links}</ul>'


def _method(name: str) -> str:
    return f"<span class='method {name}'>{name.upper()}</span>"


def _security(raw: Mapping[str, Any]) -> Iterator[str]:
    yield '<h2 id="credentials">Credentials</h2>'
    for scheme in raw["components"]["securitySchemes"].values():
        yield prose(scheme["description"])


def _operation(document: Document, path: str, method: str, operation: Any) -> Iterator[str]:
    yield f'<section id="{escape(operation["operationId"])}"><h3>{escape(operation["summary"])}</h3>'
    yield f"<p class=route>{_method(method)} <code>{escape(path)}</code></p>"
    yield prose(operation.get("description", ""))
    if operation.get("security") == []:
        yield "<p>Needs no credential.</p>"
    parameters = [document.resolved(it) for it in operation.get("parameters", [])]
    if parameters:
        yield "<h4>Parameters</h4>"
        yield table(
            ("Name", "In", "Value", "Meaning"),
            [
                (
                    f"<code>{escape(it['name'])}</code>"
                    + (" <em>required</em>" if it.get("required") else ""),
                    escape(it["in"]),
                    kind(document, it["schema"]),
                    prose(it.get("description", "")),
                )
                for it in parameters
            ],
        )
    if body := operation.get("requestBody"):
        content = body["content"]["application/json"]
        yield "<h4>Body</h4>" if body.get("required") else "<h4>Body, may be left out</h4>"
        yield fields(document, content["schema"])
        yield from _examples(content)
    yield f"<h4>Try it</h4>{code(_curl(path, method, operation))}<h4>Answers</h4>"
    for status, response in operation["responses"].items():
        if "$ref" in response:
            yield _reference(document, status, response)
        else:
            yield "<details open><summary>" + _status(status, response) + "</summary>"
            yield from _response(document, response)
            yield "</details>"
    yield "</section>"


def _shared(document: Document) -> Iterator[str]:
    """Answers that many operations have, each once."""
    yield "<h2 id=errors>Errors</h2>"
    for name, response in document.raw["components"]["responses"].items():
        yield f"<section id='{_anchor(name)}'><h3>{escape(name)}</h3>{prose(response['description'])}"
        yield from _response(document, response)
        yield "</section>"


def _reference(document: Document, status: str, response: Any) -> str:
    name = response["$ref"].rpartition("/")[2]
    shown = _status(status, document.resolved(response))
    return f"<p class=answer><a href='#{_anchor(name)}'>{shown}</a></p>"


def _status(status: str, response: Any) -> str:
    shade = "good" if status < "300" else "bad"
    return (
        f"<span class='status {shade}'>{escape(status)}</span> {prose(response['description'], inline=True)}"
    )


def _response(document: Document, response: Any) -> Iterator[str]:
    headers = {name: document.resolved(it) for name, it in response.get("headers", {}).items()}
    yield table(
        ("Header", "Value", "Meaning"),
        [
            (
                named(name, needed=it.get("required", False)),
                kind(document, it["schema"]),
                prose(it.get("description", "")),
            )
            for name, it in headers.items()
        ],
    )
    for media_type, content in response["content"].items():
        yield f"<p><code>{escape(media_type)}</code></p>{fields(document, content['schema'])}"
        yield from _examples(content)


def _examples(content: Any) -> Iterator[str]:
    for name, example in content.get("examples", {}).items():
        title = example.get("summary", f"Example: {name}")
        yield f"<p class=example>{escape(title)}</p>{code(example['value'])}"


def _curl(path: str, method: str, operation: Any) -> str:
    lines = [f'curl -X {method.upper()} "$URL{path.replace("{id}", "$ID")}"']
    if operation.get("security") != []:
        lines.append('-H "Authorization: Bearer $KEY"')
    if method == "post":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if body := operation.get("requestBody"):
        example = next(iter(body["content"]["application/json"]["examples"].values()))
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{compact(example['value'])}'")
    return " \\\n  ".join(lines)
