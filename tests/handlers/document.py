"""Validation of answers by the OpenAPI document: a checker for the part of JSON Schema that it uses."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import payments

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_LIMITS: Mapping[str, Callable[[Any, Any], bool]] = {
    "enum": lambda value, allowed: value in allowed,
    "pattern": lambda value, pattern: not isinstance(value, str) or bool(re.search(pattern, value)),
    "minimum": lambda value, limit: not isinstance(value, int) or value >= limit,
    "maximum": lambda value, limit: not isinstance(value, int) or value <= limit,
    "minLength": lambda value, limit: not isinstance(value, str) or len(value) >= limit,
    "maxLength": lambda value, limit: not isinstance(value, str) or len(value) <= limit,
    "minItems": lambda value, limit: not isinstance(value, list) or len(value) >= limit,
    "maxItems": lambda value, limit: not isinstance(value, list) or len(value) <= limit,
    "maxProperties": lambda value, limit: not isinstance(value, dict) or len(value) <= limit,
}
_STRUCTURE = {"type", "required", "properties", "additionalProperties", "items"}
_SAID_ONLY = {"description", "default", "format"}


@cache
def document() -> Any:
    """Returns the document that ships beside the handlers."""
    return json.loads((Path(payments.__file__).parent.parent / "openapi.json").read_text())


def resolved(node: Any) -> Any:
    """Returns the node, or the node that it refers to."""
    while "$ref" in node:
        found = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def faults(schema: Any, value: Any, at: str = "$") -> Iterator[str]:
    """Yields every way in which a value breaks a schema; an unknown keyword fails the test."""
    schema = resolved(schema)
    unknown = set(schema) - set(_LIMITS) - _STRUCTURE - _SAID_ONLY
    assert not unknown, f"no check for {unknown}"
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(_TYPES[name](value) for name in types):
        yield f"{at} is not {types}"
    for keyword, holds in _LIMITS.items():
        if keyword in schema and not holds(value, schema[keyword]):
            yield f"{at} breaks {keyword} {schema[keyword]}"
    if isinstance(value, dict):
        yield from _object_faults(schema, value, at)
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from faults(schema["items"], inner, f"{at}[{place}]")


def _object_faults(schema: Any, value: Mapping[str, Any], at: str) -> Iterator[str]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (f"{at}.{name} is missing" for name in schema.get("required", []) if name not in value)
    for name, inner in value.items():
        if name in properties:
            yield from faults(properties[name], inner, f"{at}.{name}")
        elif others is False:
            yield f"{at}.{name} is not allowed"
        elif others is not True:
            yield from faults(others, inner, f"{at}.{name}")


def answer_faults(event: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    """Yields every way in which an answer breaks the document's response for its operation and status."""
    operation = document()["paths"][event["resource"]][event["httpMethod"].lower()]
    response = resolved(operation["responses"][str(answer["statusCode"])])
    ((media_type, content),) = response["content"].items()
    if answer["headers"]["Content-Type"] != media_type:
        yield f"not {media_type}"
    yield from faults(content["schema"], json.loads(answer["body"]), "body")
    for name, header in response["headers"].items():
        header = resolved(header)
        if name in answer["headers"]:
            value = answer["headers"][name]
            whole = header["schema"]["type"] == "integer"
            yield from faults(header["schema"], int(value) if whole else value, name)
        elif header.get("required"):
            yield f"{name} is missing"
    said = {*response["headers"], "Content-Type", "Cache-Control"}
    yield from (f"{name} is not in the document" for name in set(answer["headers"]) - said)
