"""Routes of an OpenAPI document for API Gateway."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AUTHORIZER_CACHE_SECONDS = 60  # a revoked key works for at most this time
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Represents one operation of the document."""

    id: str
    method: str
    path: str
    public: bool
    required_headers: tuple[str, ...]
    needs_body: bool

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.strip("/").split("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Represents an API with its routes."""

    title: str
    version: str
    routes: tuple[Route, ...]


def read_contract(path: Path) -> Contract:
    """Reads an OpenAPI 3.1 document; routes are public if their own `security` is an empty list."""
    document = json.loads(path.read_text())
    return Contract(
        title=document["info"]["title"], version=document["info"]["version"], routes=tuple(_routes(document))
    )


def _routes(document: Mapping[str, Any]) -> Iterator[Route]:
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if operation := item.get(method):
                parameters = [_resolve(document, p) for p in [*shared, *operation.get("parameters", [])]]
                yield Route(
                    id=operation["operationId"],
                    method=method.upper(),
                    path=path,
                    public=operation.get("security") == [],
                    required_headers=tuple(
                        p["name"] for p in parameters if p["in"] == "header" and p.get("required")
                    ),
                    needs_body=operation.get("requestBody", {}).get("required", False),
                )


def _resolve(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in parameter:
        return parameter
    target: Any = document
    for part in parameter["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return _resolve(document, target)
