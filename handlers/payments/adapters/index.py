"""Lists of the table through its indexes, and of what lies beside a payment: queries only, never a scan."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payments.adapters import items
from payments.adapters.attributes import from_item, to_item
from payments.adapters.transactions import transient_as_unavailable
from payments.changes import Event
from payments.listing import Page, Window
from payments.payment import Payment, Status
from payments.refund import Refund
from payments.store import Unavailable

_TRIES = 5
_PAUSE = 0.05  # seconds, longer with each try


@dataclass(frozen=True, slots=True)
class Index:
    """A payments.listing.Lists, and what is due.

    Needs dynamodb:Query on the table and its indexes, dynamodb:BatchGetItem and GetItem on the table.
    """

    client: Any
    name: str
    sleep: Callable[[float], None] = time.sleep

    def payments(self, merchant: str, status: Status | None, window: Window) -> Page[Payment]:
        """A Query a shard, and one BatchGetItem."""
        if status is None:
            index, places = items.BY_MERCHANT, [items.payments_of(merchant, n) for n in range(items.SHARDS)]
        else:
            index = items.BY_STATUS
            places = [items.payments_in(merchant, status, n) for n in range(items.SHARDS)]
        found = self._read(page := self._newest(index, places, window))
        # What the index said may have changed since.
        payments = [payment for payment in map(items.to_payment, found) if status in (None, payment.status)]
        return Page(payments, page.last)

    def refunds(self, payment: str, window: Window) -> Page[Refund]:
        """One strongly consistent Query."""
        page = self._beside(items.collection(payment), "REFUND#", window)
        return Page([items.to_refund(values) for values in page.items], page.last)

    def events(self, merchant: str, payment: str | None, window: Window) -> Page[Event]:
        """One Query of a payment's; a Query a shard and one BatchGetItem of a merchant's."""
        if payment is None:
            places = [items.events_of(merchant, shard) for shard in range(items.SHARDS)]
            page = self._newest(items.BY_MERCHANT, places, window)
            return Page([items.to_event(values) for values in self._read(page)], page.last)
        page = self._beside(items.collection(payment), "EVENT#", window)
        if any(values["merchant"] != merchant for values in page.items):
            return Page([])
        return Page([items.to_event(values) for values in page.items], page.last)

    def event(self, event_id: str) -> Event | None:
        """One strongly consistent GetItem."""
        with transient_as_unavailable():
            found = self.client.get_item(
                TableName=self.name, Key=to_item(items.event_key(event_id)), ConsistentRead=True
            )
        return items.to_event(from_item(found["Item"])) if "Item" in found else None

    def due(self, now: int, limit: int) -> list[str]:
        """Up to that many ids of payments that somebody must look at by now, the longest waiting first."""
        found = self._due(items.due_in, now, limit)
        return [values["pk"].removeprefix("PAYMENT#") for values in found]

    def _due(self, place: Callable[[int], str], now: int, limit: int) -> list[Mapping[str, Any]]:
        """The keys of what is due by now, the longest waiting first; a Query a shard."""
        found = [
            values
            for shard in range(items.SHARDS)
            for values in self._query(
                limit,
                IndexName=items.BY_DUE,
                KeyConditionExpression="due_shard = :place AND due_at <= :now",
                ExpressionAttributeValues=to_item({":place": place(shard), ":now": now}),
            )
        ]
        found.sort(key=lambda values: values["due_at"])
        return found[:limit]

    def _newest(self, index: str, places: Iterable[str], window: Window) -> Page[Mapping[str, Any]]:
        """The keys of one page out of several partitions of an index."""
        partition, sort = items.INDEXES[index]
        found = [
            values
            for place in places
            for values in self._query(
                window.limit + 1,
                IndexName=index,
                ScanIndexForward=False,
                **_condition(partition, place, sort, window.after),
            )
        ]
        found.sort(key=lambda values: values[sort], reverse=True)
        return _page(found, sort, window)

    def _beside(self, place: str, kind: str, window: Window) -> Page[Mapping[str, Any]]:
        """One page of one kind in a partition; positions are sort keys."""
        start = {"ExclusiveStartKey": to_item({"pk": place, "sk": window.after})} if window.after else {}
        found = self._query(
            window.limit + 1,
            ScanIndexForward=False,
            ConsistentRead=True,
            KeyConditionExpression="pk = :place AND begins_with(sk, :kind)",
            ExpressionAttributeValues=to_item({":place": place, ":kind": kind}),
            **start,
        )
        return _page(found, "sk", window)

    def _query(self, limit: int, **arguments: Any) -> list[Mapping[str, Any]]:
        """Up to so many items: an answer ends early at 1 MB, and is then asked to go on."""
        found: list[Mapping[str, Any]] = []
        while len(found) < limit:
            with transient_as_unavailable():
                answer = self.client.query(TableName=self.name, Limit=limit - len(found), **arguments)
            found += map(from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def _read(self, page: Page[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """The items of a page of keys, in its order; strongly consistent."""
        keys = [{name: values[name] for name in ("pk", "sk")} for values in page.items]
        wanted = [to_item(key) for key in keys]
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for attempt in range(_TRIES):
            if not wanted:
                break
            self.sleep(_PAUSE * attempt)
            with transient_as_unavailable():
                answer = self.client.batch_get_item(
                    RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}}
                )
            found |= {
                (values["pk"], values["sk"]): values
                for values in map(from_item, answer["Responses"][self.name])
            }
            wanted = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
        if wanted:
            raise Unavailable("the table answers with less than was asked for")
        return [found[place] for key in keys if (place := (key["pk"], key["sk"])) in found]


def _condition(partition: str, place: str, sort: str, after: str | None) -> dict[str, Any]:
    values = {":place": place} | ({":after": after} if after else {})
    return {
        "KeyConditionExpression": f"{partition} = :place" + (f" AND {sort} < :after" if after else ""),
        "ExpressionAttributeValues": to_item(values),
    }


def _page(found: list[Mapping[str, Any]], sort: str, window: Window) -> Page[Mapping[str, Any]]:
    """One more than the limit was asked for, to know whether anything follows."""
    kept = found[: window.limit]
    return Page(kept, kept[-1][sort] if len(found) > window.limit else None)
