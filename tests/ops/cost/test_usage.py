"""Quantities of one payment, counted in the real handlers: all estimates depend on them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

from ops.cost.charges import load
from payments.adapters.items import INDEXES
from payments.adapters.table import Table, from_item
from payments.audit import audit_object
from tests.handlers.scripted import cancelled
from tests.handlers.support import World

INDEX_OVERHEAD = 100  # bytes that AWS adds to each item and each entry of an index, when it bills storage


@dataclass
class Counting:
    """A DynamoDB client that stores items and counts units as DynamoDB bills them.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    units: int = 0

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]], **_: object) -> None:
        puts = [member["Put"]["Item"] for member in TransactItems]
        self.units += sum(2 * math.ceil(size(item) / 1024) for item in puts)
        first = (puts[0]["pk"]["S"], puts[0]["sk"]["S"])
        if "status" in self.items.get(first, {}) and first[1] == "IDEMPOTENCY":
            raise cancelled("ConditionalCheckFailed", *["None"] * (len(puts) - 1), item=self.items[first])
        for item in puts:
            key = (item["pk"]["S"], item["sk"]["S"])
            before = entries(self.items.get(key, {}))
            self.units += len(before - entries(item)) + len(entries(item) - before)
            self.items[key] = item


def entries(item: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Returns the index entries of an item."""
    return {
        (name, json.dumps(item[partition]), json.dumps(item[sort]))
        for name, (partition, sort) in INDEXES.items()
        if partition in item and sort in item
    }


def size(value: Any) -> int:
    """Returns the bytes of an item, or of an attribute value in the client's form."""
    if (
        isinstance(value, dict)
        and len(value) == 1
        and next(iter(value)) in {"S", "N", "M", "L", "BOOL", "NULL"}
    ):
        ((kind, inner),) = value.items()
        match kind:
            case "S":
                return len(inner.encode())
            case "N":
                return len(inner.strip("0")) // 2 + 2
            case "M":
                return 3 + sum(1 + len(name) + size(member) for name, member in inner.items())
            case "L":
                return 3 + sum(1 + size(member) for member in inner)
        return 1
    return sum(len(name.encode()) + size(member) for name, member in value.items())


def stored(items: dict[tuple[str, str], dict[str, Any]]) -> int:
    """Returns the bytes of items without expiry, and of their index entries (keys only)."""
    kept = [item for item in items.values() if "expires_at" not in item]
    keys = sum(
        INDEX_OVERHEAD + size({name: item[name] for name in {"pk", "sk", *INDEXES[entry[0]]}})
        for item in kept
        for entry in entries(item)
    )
    return keys + sum(INDEX_OVERHEAD + size(item) for item in kept)


def test_a_payment_writes_and_stores_what_its_price_is_counted_from() -> None:
    table = Counting()
    world = World(store=Table(table, "payments"))
    assert world.create()["statusCode"] == 201
    usage = load().usage
    assert table.units == usage["table_writes"]
    assert abs(stored(table.items) - usage["stored_bytes"]) < 20  # ids and times differ a little in length
    world.create()
    assert table.units - usage["table_writes"] == usage["repeated_table_writes"]


def test_a_payment_is_told_and_kept_as_its_price_is_counted_from() -> None:
    table = Counting()
    World(store=Table(table, "payments")).create()
    events = [from_item(item) for item in table.items.values() if item["entity"]["S"] == "event"]
    usage = load().usage
    assert len(events) == usage["events"]
    assert usage["queue_requests"] == 3 * usage["events"]
    kept = [
        audit_object(json.dumps({"detail": {**event, "sequence": str(event["sequence"])}}))
        for event in events
    ]
    assert abs(sum(len(audit.line.encode()) for audit in kept) - usage["audit_bytes"]) < 20
