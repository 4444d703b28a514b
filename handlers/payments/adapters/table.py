"""The store in one DynamoDB table."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payments.adapters import items
from payments.adapters.attributes import from_item, to_item
from payments.adapters.transactions import Put, transient_as_unavailable, write
from payments.changes import Change
from payments.idempotency import Record
from payments.payment import Payment

_NEW = "attribute_not_exists(#pk)"
# TTL deletes late, so a record that should be gone counts as gone.
_NEW_OR_EXPIRED = f"{_NEW} OR #expires_at <= :now"
_HELD = "#attempt = :held_by AND attribute_not_exists(#body)"
_UNCHANGED = "#version = :before"


@dataclass(frozen=True, slots=True)
class Table:
    """A payments.store.Store. Needs dynamodb:PutItem and dynamodb:GetItem on the table."""

    client: Any
    name: str
    sleep: Callable[[float], None] = time.sleep

    def claim(self, record: Record, change: Change, now: int) -> Record | None:
        """One TransactWriteItems."""
        claimed = Put(items.record_item(record), _NEW_OR_EXPIRED, {":now": now})
        opened = Put(items.payment_item(change), _NEW)
        return self._write(f"{record.attempt}-claim", [claimed, opened, *_appended(change)])

    def replace(self, record: Record, *, held_by: str, change: Change | None = None) -> Record | None:
        """One TransactWriteItems."""
        puts = [Put(items.record_item(record), _HELD, {":held_by": held_by})]
        if change:
            before = {":before": change.payment.version - 1}
            puts += [Put(items.payment_item(change), _UNCHANGED, before), *_appended(change)]
        step = "end" if held_by == record.attempt else "take"
        return self._write(f"{record.attempt}-{step}", puts)

    def payment(self, payment_id: str) -> Payment | None:
        """One strongly consistent GetItem: a payment is there for whoever was just told of it."""
        with transient_as_unavailable():
            found = self.client.get_item(
                TableName=self.name, Key=to_item(items.payment_key(payment_id)), ConsistentRead=True
            )
        return items.to_payment(from_item(found["Item"])) if "Item" in found else None

    def _write(self, token: str, puts: list[Put]) -> Record | None:
        found = write(self.client, self.name, token, puts, sleep=self.sleep)
        return items.to_record(found) if found else None


def _appended(change: Change) -> list[Put]:
    return [Put(item, _NEW) for item in items.appended_items(change)]
