"""Lists of the table by its indexes and item collections: queries only, never a scan."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payments.adapters import items
from payments.adapters.table import from_item, get_item, to_item, transient_as_unavailable
from payments.changes import Event
from payments.payment import Payment, Status
from payments.ports import Page, Unavailable, Window
from payments.refund import Refund

_TRIES = 5
_PAUSE = 0.05  # seconds, longer with each try

type Parse[T] = Callable[[Mapping[str, Any]], T]


@dataclass(frozen=True, slots=True)
class Index:
    """Implements payments.ports.Lists, and lists due payments.

    Needs dynamodb:Query on the table and its indexes, dynamodb:BatchGetItem and GetItem on the table.
    """

    client: Any
    name: str
    sleep: Callable[[float], None] = time.sleep

    def payments(self, merchant: str, status: Status | None, window: Window) -> Page[Payment]:
        """Sends one Query for each shard, and one BatchGetItem."""
        return self._merchants("PAYMENTS", merchant, status, window, items.to_payment)

    def refunds(self, payment: str, window: Window) -> Page[Refund]:
        """Sends one consistent Query."""
        return self._in_collection(items.collection(payment), "REFUND#", window, items.to_refund)

    def events(self, merchant: str, payment: str | None, window: Window) -> Page[Event]:
        """Sends one Query for a payment; one Query for each shard and one BatchGetItem for a merchant."""
        if payment is None:
            return self._merchants("EVENTS", merchant, None, window, items.to_event)
        page = self._in_collection(items.collection(payment), "EVENT#", window, items.to_event)
        return Page([]) if any(event.merchant != merchant for event in page.items) else page

    def event(self, event_id: str) -> Event | None:
        """Sends one consistent GetItem."""
        return get_item(self.client, self.name, items.event_key(event_id), items.to_event)

    def due(self, now: int, limit: int) -> list[str]:
        """Returns ids of payments that are due, the longest waiting first. Sends one Query for each shard."""
        return [values["pk"].removeprefix("PAYMENT#") for values in self._due("DUE", now, limit)]

    def _due(self, name: str, now: int, limit: int) -> list[Mapping[str, Any]]:
        """Returns the keys of due items, the longest waiting first."""
        found = [
            values
            for partition in items.partitions(name)
            for values in self._query(
                limit,
                IndexName=items.BY_DUE,
                KeyConditionExpression="due_pk = :partition AND due_sk <= :now",
                ExpressionAttributeValues=to_item({":partition": partition, ":now": now}),
            )
        ]
        found.sort(key=lambda values: values["due_sk"])
        return found[:limit]

    def _merchants[T](
        self, name: str, merchant: str, status: str | None, window: Window, parse: Parse[T]
    ) -> Page[T]:
        """Returns one page of a merchant's items, or of those in one status."""
        if status is None:
            index, partitions = items.BY_MERCHANT, items.partitions(name, merchant)
        else:
            index, partitions = items.BY_STATUS, items.partitions(name, merchant, status)
        page = self._items(index, partitions, window)
        # The status may have changed since the index was written.
        found = [parse(values) for values in page.items if status in (None, values.get("status"))]
        return Page(found, page.last)

    def _items(self, index: str, partitions: Sequence[str], window: Window) -> Page[Mapping[str, Any]]:
        """Returns a page of several partitions of an index, read from the table; positions are sort keys."""
        pk, sk = items.INDEXES[index]
        condition = f"{pk} = :partition" + (f" AND {sk} < :after" if window.after else "")
        after = {":after": window.after} if window.after else {}
        found = [
            values
            for partition in partitions
            for values in self._query(
                window.limit + 1,
                IndexName=index,
                ScanIndexForward=False,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=to_item({":partition": partition, **after}),
            )
        ]
        found.sort(key=lambda values: values[sk], reverse=True)
        page = _page(found, sk, window)
        return Page(self._read(page.items), page.last)

    def _in_collection[T](self, partition: str, prefix: str, window: Window, parse: Parse[T]) -> Page[T]:
        """Returns one page of the items of a partition whose sort key has the prefix."""
        start = {"ExclusiveStartKey": to_item({"pk": partition, "sk": window.after})} if window.after else {}
        found = self._query(
            window.limit + 1,
            ScanIndexForward=False,
            ConsistentRead=True,
            KeyConditionExpression="pk = :partition AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_item({":partition": partition, ":prefix": prefix}),
            **start,
        )
        page = _page(found, "sk", window)
        return Page([parse(values) for values in page.items], page.last)

    def _query(self, limit: int, **arguments: Any) -> list[Mapping[str, Any]]:
        """Returns up to `limit` items; DynamoDB ends an answer at 1 MB, and is then queried again."""
        found: list[Mapping[str, Any]] = []
        while len(found) < limit:
            with transient_as_unavailable():
                answer = self.client.query(TableName=self.name, Limit=limit - len(found), **arguments)
            found += map(from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def _read(self, found_keys: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Returns the items of keys, in their order; strongly consistent."""
        keys = [{name: values[name] for name in ("pk", "sk")} for values in found_keys]
        unread = [to_item(key) for key in keys]
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for attempt in range(_TRIES):
            if not unread:
                break
            self.sleep(_PAUSE * attempt)
            with transient_as_unavailable():
                answer = self.client.batch_get_item(
                    RequestItems={self.name: {"Keys": unread, "ConsistentRead": True}}
                )
            found |= {
                (values["pk"], values["sk"]): values
                for values in map(from_item, answer["Responses"][self.name])
            }
            unread = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
        if unread:
            raise Unavailable("the table left keys unprocessed")
        return [found[pair] for key in keys if (pair := (key["pk"], key["sk"])) in found]


def _page(found: list[Mapping[str, Any]], sort_key: str, window: Window) -> Page[Mapping[str, Any]]:
    """Cuts a page; one item more than its limit was read, to know whether another page follows."""
    kept = found[: window.limit]
    return Page(kept, kept[-1][sort_key] if len(found) > window.limit else None)
