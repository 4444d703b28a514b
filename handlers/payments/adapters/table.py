"""The DynamoDB table: attribute values, conditional writes, and the store of payments."""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from payments.adapters import items
from payments.api.idempotency import Record
from payments.changes import Change
from payments.payment import Payment
from payments.ports import Changed, Unavailable
from payments.refund import Refund, RefundStatus

NEW = "attribute_not_exists(#pk)"
NEW_OR_EXPIRED = f"{NEW} OR #expires_at <= :now"  # TTL deletes late, so an expired record counts as deleted
UNCHANGED = "#version = :before"
_HELD = "#attempt = :held_by AND attribute_not_exists(#body)"
_UNRESOLVED = f"{NEW} OR #status = :pending"

_TRIES = 8
_FIRST_PAUSE, _MAX_PAUSE = 0.025, 0.8  # seconds; at most 2.4 in all
_CONTENTION = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_TRANSIENT = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionInProgressException",
}


def to_item(values: Mapping[str, object]) -> dict[str, Any]:
    """Encodes plain values as an item or the content of a map."""
    return {name: _to_attribute(value) for name, value in values.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Decodes an item or the content of a map."""
    return {name: _from_attribute(attribute) for name, attribute in item.items()}


@contextmanager
def transient_as_unavailable() -> Iterator[None]:
    """Raises Unavailable for failures of the network and of the service, and for throttling."""
    try:
        yield
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(type(error).__name__) from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _TRANSIENT or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise Unavailable(code) from error
        raise


def get_item[T](
    client: Any, table: str, key: Mapping[str, object], parse: Callable[[Mapping[str, Any]], T]
) -> T | None:
    """Returns a parsed item, or None: one consistent GetItem. Needs dynamodb:GetItem. Raises Unavailable."""
    with transient_as_unavailable():
        found = client.get_item(TableName=table, Key=to_item(key), ConsistentRead=True)
    return parse(from_item(found["Item"])) if "Item" in found else None


@dataclass(frozen=True, slots=True)
class Put:
    """Represents a conditional put; `#name` in the condition stands for the attribute `name`."""

    item: Mapping[str, object]
    condition: str
    values: Mapping[str, object] = field(default_factory=dict)

    def parameters(self, table: str) -> dict[str, Any]:
        """Returns the parameters of PutItem."""
        names = {f"#{name}": name for name in re.findall(r"#(\w+)", self.condition)}
        parameters = {
            "TableName": table,
            "Item": to_item(self.item),
            "ConditionExpression": self.condition,
            "ExpressionAttributeNames": names,
        }
        # DynamoDB refuses an empty map of values.
        return parameters | ({"ExpressionAttributeValues": to_item(self.values)} if self.values else {})


def put_item(client: Any, table: str, put: Put) -> bool:
    """Writes one item. Returns False if its condition failed. Needs dynamodb:PutItem. Raises Unavailable."""
    try:
        with transient_as_unavailable():
            client.put_item(**put.parameters(table))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def write(
    client: Any, table: str, token: str, puts: Sequence[Put], *, sleep: Callable[[float], None] = time.sleep
) -> Mapping[str, Any] | None:
    """Writes all items in one transaction, or returns the item that failed the first condition.

    `token` (36 characters at most) makes the write idempotent for ten minutes. Contention and throttling are
    retried. Raises Changed if another condition failed, Unavailable after the last try. Needs
    dynamodb:PutItem.
    """
    existing = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    members = [{"Put": put.parameters(table) | existing} for put in puts]
    for attempt in range(_TRIES):
        if attempt:
            sleep(random.uniform(0, min(_MAX_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1))))
        try:
            with transient_as_unavailable():
                client.transact_write_items(TransactItems=members, ClientRequestToken=token)
        except ClientError as error:
            # One reason for each member of a cancelled transaction; none for any other error.
            reasons: list[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
            codes = {reason["Code"] for reason in reasons}
            if "ConditionalCheckFailed" in codes:
                return _existing_item(reasons[0])
            if not codes & _CONTENTION:
                raise
        else:
            return None
    raise Unavailable("contention")


@dataclass(frozen=True, slots=True)
class Table:
    """Implements payments.ports.Store. Needs dynamodb:PutItem and dynamodb:GetItem on the table."""

    client: Any
    name: str
    sleep: Callable[[float], None] = time.sleep

    def claim(self, record: Record, change: Change, now: int) -> Record | None:
        """Sends one TransactWriteItems."""
        claimed = Put(items.record_item(record), NEW_OR_EXPIRED, {":now": now})
        return self._write(f"{record.attempt}-claim", [claimed, *_puts(change)])

    def replace(self, record: Record, *, held_by: str, change: Change | None = None) -> Record | None:
        """Sends one TransactWriteItems."""
        replaced = Put(items.record_item(record), _HELD, {":held_by": held_by})
        step = "end" if held_by == record.attempt else "take"
        return self._write(f"{record.attempt}-{step}", [replaced, *(_puts(change) if change else ())])

    def write(self, change: Change, attempt: str) -> None:
        """Sends one TransactWriteItems."""
        if write(self.client, self.name, f"{attempt}-write", _puts(change), sleep=self.sleep):
            raise Changed("changed by another writer")

    def record(self, merchant: str, digest: str) -> Record | None:
        """Sends one consistent GetItem."""
        return get_item(self.client, self.name, items.record_key(merchant, digest), items.to_record)

    def payment(self, payment_id: str) -> Payment | None:
        """Sends one consistent GetItem, so that a caller finds a payment right after its creation."""
        return get_item(self.client, self.name, items.payment_key(payment_id), items.to_payment)

    def refund(self, refund_id: str) -> Refund | None:
        """Sends one consistent GetItem."""
        return get_item(self.client, self.name, items.refund_key(refund_id), items.to_refund)

    def _write(self, token: str, puts: list[Put]) -> Record | None:
        found = write(self.client, self.name, token, puts, sleep=self.sleep)
        return items.to_record(found) if found else None


def _puts(change: Change) -> list[Put]:
    before = change.payment.version - 1
    over = (UNCHANGED, {":before": before}) if before else (NEW, {})
    puts = [Put(items.payment_item(change.payment), *over)]
    puts += [Put(item, NEW) for item in items.appended_items(change)]
    if change.refund:
        puts.append(Put(items.refund_item(change.refund), _UNRESOLVED, {":pending": RefundStatus.PENDING}))
    return puts


def _existing_item(first: Mapping[str, Any]) -> Mapping[str, Any]:
    if first["Code"] != "ConditionalCheckFailed" or not first.get("Item"):
        raise Changed("changed by another writer")
    return from_item(first["Item"])


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
