"""The ledger in the table, for its checks and its reconciliation."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import Any

from payments.adapters import items
from payments.adapters.index import Index
from payments.adapters.table import from_item, to_item, transient_as_unavailable
from payments.ledger import Kind
from payments.ports import every_item
from payments.verification.ledger_checks import Books
from payments.verification.reconciliation import SETTLED_KINDS, Movement

_KINDS = {"payment", "ledger", "refund"}


class LedgerTable(Index):
    """Reads ledger entries and settled movements. Needs the actions of Index."""

    __slots__ = ()

    def books(self, payment_id: str) -> Books:
        """Returns the items of one payment; a strongly consistent Query."""
        found = self._query(
            10**6,
            ConsistentRead=True,
            KeyConditionExpression="pk = :partition",
            ExpressionAttributeValues=to_item({":partition": items.collection(payment_id)}),
        )
        return _books(payment_id, found)

    def movements(self, day: str) -> Iterator[Movement]:
        """Yields the ledger's captures and refunds of a day.

        Sends one Query for each shard and a BatchGetItem for each hundred entries.
        """
        for values in self._listed("LEDGER", day):
            if values["kind"] in SETTLED_KINDS:
                debits = sum(max(posting["amount"], 0) for posting in values["postings"])
                # A capture debits its amount twice: the reservation and the receivable.
                yield _movement(values, debits // (2 if values["kind"] == Kind.CAPTURE else 1))

    def simulated(self, day: str) -> Iterator[Movement]:
        """Yields the movements that the simulator has settled on a day; queries as `movements` does."""
        for values in self._listed("SIMULATED", day):
            yield _movement(values, values["amount"])

    def every_book(self) -> Iterator[Books]:
        """Yields the items of all payments, by a Scan: no index contains every payment.

        A Scan returns a partition whole and in order, but does not promise it: read a payment with breaks
        again by `books`. Needs dynamodb:Scan, which only operators have.
        """
        for partition, found in groupby(self._scan(), key=lambda values: str(values["pk"])):
            yield _books(partition.removeprefix("PAYMENT#"), found)

    def _scan(self) -> Iterator[Mapping[str, Any]]:
        values = {f":{kind}": kind for kind in _KINDS}
        start: dict[str, Any] = {}
        while True:
            with transient_as_unavailable():
                answer = self.client.scan(
                    TableName=self.name,
                    FilterExpression=f"#entity IN ({', '.join(sorted(values))})",
                    ExpressionAttributeNames={"#entity": "entity"},
                    ExpressionAttributeValues=to_item(values),
                    **start,
                )
            yield from map(from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _listed(self, name: str, day: str) -> Iterator[Mapping[str, Any]]:
        return every_item(partial(self._items, items.BY_MERCHANT, items.partitions(name, day)))


def _books(payment_id: str, found: Iterable[Mapping[str, Any]]) -> Books:
    kinds: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in _KINDS}
    for values in found:
        if values["entity"] in kinds:
            kinds[values["entity"]].append(values)
    return Books(
        payment_id=payment_id,
        payment=next(iter(kinds["payment"]), None),
        entries=kinds["ledger"],
        refunds=kinds["refund"],
    )


def _movement(values: Mapping[str, Any], amount: int) -> Movement:
    return Movement(**items.fields(Movement, values) | {"kind": Kind(values["kind"]), "amount": amount})
