"""The store in one DynamoDB table."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payments.adapters import items
from payments.adapters.attributes import from_item, to_item
from payments.adapters.transactions import Put, transient_as_unavailable, write
from payments.changes import Change
from payments.idempotency import Record
from payments.payment import Payment
from payments.refund import Refund, RefundStatus
from payments.store import Changed

NEW = "attribute_not_exists(#pk)"
# TTL deletes late, so a record that should be gone counts as gone.
NEW_OR_EXPIRED = f"{NEW} OR #expires_at <= :now"
_HELD = "#attempt = :held_by AND attribute_not_exists(#body)"
_UNRESOLVED = f"{NEW} OR #status = :pending"
_PENDING = {":pending": RefundStatus.PENDING}
UNCHANGED = "#version = :before"


@dataclass(frozen=True, slots=True)
class Table:
    """A payments.store.Store. Needs dynamodb:PutItem and dynamodb:GetItem on the table."""

    client: Any
    name: str
    sleep: Callable[[float], None] = time.sleep

    def claim(self, record: Record, change: Change, now: int) -> Record | None:
        """One TransactWriteItems."""
        claimed = Put(items.record_item(record), NEW_OR_EXPIRED, {":now": now})
        return self._write(f"{record.attempt}-claim", [claimed, *_changed(change)])

    def replace(self, record: Record, *, held_by: str, change: Change | None = None) -> Record | None:
        """One TransactWriteItems."""
        held = Put(items.record_item(record), _HELD, {":held_by": held_by})
        step = "end" if held_by == record.attempt else "take"
        return self._write(f"{record.attempt}-{step}", [held, *(_changed(change) if change else ())])

    def write(self, change: Change, attempt: str) -> None:
        """One TransactWriteItems."""
        if write(self.client, self.name, f"{attempt}-write", _changed(change), sleep=self.sleep):
            raise Changed("changed by another writer")

    def record(self, merchant: str, digest: str) -> Record | None:
        """One strongly consistent GetItem."""
        found = self._get(items.record_key(merchant, digest))
        return items.to_record(found) if found else None

    def payment(self, payment_id: str) -> Payment | None:
        """One strongly consistent GetItem: a payment is there for whoever was just told of it."""
        found = self._get(items.payment_key(payment_id))
        return items.to_payment(found) if found else None

    def refund(self, refund_id: str) -> Refund | None:
        """One strongly consistent GetItem."""
        found = self._get(items.refund_key(refund_id))
        return items.to_refund(found) if found else None

    def _get(self, key: Mapping[str, object]) -> Mapping[str, Any] | None:
        with transient_as_unavailable():
            found = self.client.get_item(TableName=self.name, Key=to_item(key), ConsistentRead=True)
        return from_item(found["Item"]) if "Item" in found else None

    def _write(self, token: str, puts: list[Put]) -> Record | None:
        found = write(self.client, self.name, token, puts, sleep=self.sleep)
        return items.to_record(found) if found else None


def _changed(change: Change) -> list[Put]:
    before = change.payment.version - 1
    over = (UNCHANGED, {":before": before}) if before else (NEW, {})
    appended = [Put(item, NEW) for item in items.appended_items(change)]
    refund = [Put(items.refund_item(change.refund), _UNRESOLVED, _PENDING)] if change.refund else []
    return [Put(items.payment_item(change), *over), *appended, *refund]
