"""The ledger as it lies in the table, for those who check it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from payments.adapters import items
from payments.adapters.attributes import from_item, to_item
from payments.adapters.index import Index
from payments.adapters.transactions import transient_as_unavailable
from payments.ledger import Kind
from payments.ledger_checks import Books
from payments.listing import Window
from payments.reconciliation import SETTLES, Movement

_KINDS = {"payment", "ledger", "refund"}
_PAGE = 100


class LedgerTable(Index):
    """Needs what Index needs."""

    __slots__ = ()

    def books(self, payment_id: str) -> Books:
        """All that is kept of one payment; a strongly consistent Query."""
        found = self._query(
            10**6,
            ConsistentRead=True,
            KeyConditionExpression="pk = :place",
            ExpressionAttributeValues=to_item({":place": items.collection(payment_id)}),
        )
        return _books(payment_id, found)

    def movements(self, day: str) -> Iterator[Movement]:
        """What the ledger says that moved on a day; a Query a shard and a BatchGetItem for each hundred."""
        for values in self._all_newest([items.movements_of(day, shard) for shard in range(items.SHARDS)]):
            if values["kind"] in SETTLES:
                yield Movement(
                    payment=values["payment"],
                    kind=Kind(values["kind"]),
                    # The debits of a capture are its amount twice: the reservation's and the balance's.
                    amount=_debits(values) // (2 if values["kind"] == Kind.CAPTURE else 1),
                    currency=values["currency"],
                    created=values["created"],
                )

    def simulated(self, day: str) -> Iterator[Movement]:
        """What the simulator says that it settled on a day; as `movements`."""
        for values in self._all_newest([items.simulated_on(day, shard) for shard in range(items.SHARDS)]):
            yield Movement(
                payment=values["payment"],
                kind=Kind(values["kind"]),
                amount=values["amount"],
                currency=values["currency"],
                created=values["created"],
            )

    def every_book(self) -> Iterator[Books]:
        """All payments, by a Scan: no index has every payment, and one only for this would cost every write.

        A Scan gives a partition whole and in order, but does not promise to: what looks wrong must be read
        again by `books`. Needs dynamodb:Scan, which no function has; an operator does.
        """
        for partition, found in groupby(self._scan(), key=lambda values: str(values["pk"])):
            yield _books(partition.removeprefix("PAYMENT#"), found)

    def _scan(self) -> Iterator[Mapping[str, Any]]:
        names = {"#entity": "entity"}
        values = {f":{kind}": kind for kind in _KINDS}
        start: dict[str, Any] = {}
        while True:
            with transient_as_unavailable():
                answer = self.client.scan(
                    TableName=self.name,
                    FilterExpression=f"#entity IN ({', '.join(sorted(values))})",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=to_item(values),
                    **start,
                )
            yield from map(from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _all_newest(self, places: list[str]) -> Iterator[Mapping[str, Any]]:
        window = Window(_PAGE)
        while True:
            page = self._newest(items.BY_MERCHANT, places, window)
            yield from self._read(page)
            if page.last is None:
                return
            window = Window(_PAGE, page.last)


def _books(payment_id: str, found: Iterable[Mapping[str, Any]]) -> Books:
    kinds: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in _KINDS}
    for values in found:
        if values["entity"] in kinds:
            kinds[values["entity"]].append(values)
    payment = kinds["payment"]
    return Books(
        payment_id=payment_id,
        payment=payment[0] if payment else None,
        entries=kinds["ledger"],
        refunds=kinds["refund"],
    )


def _debits(entry: Mapping[str, Any]) -> int:
    return sum(posting["amount"] for posting in entry["postings"] if posting["amount"] > 0)
