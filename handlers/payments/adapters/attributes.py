"""DynamoDB's attribute values to and from plain Python: text, whole numbers, booleans, None, lists, maps."""

from collections.abc import Mapping
from typing import Any


def to_item(values: Mapping[str, object]) -> dict[str, Any]:
    """An item, or the content of a map."""
    return {name: _to_attribute(value) for name, value in values.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an item, or of a map."""
    return {name: _from_attribute(attribute) for name, attribute in item.items()}


def _to_attribute(value: object) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": str(value)}
        case Mapping():
            return {"M": to_item(value)}
        case list() | tuple():
            return {"L": [_to_attribute(inner) for inner in value]}
    raise TypeError(f"no attribute type for {type(value).__name__}")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return int(value)
        case "M":
            return from_item(value)
        case "L":
            return [_from_attribute(inner) for inner in value]
    return value
