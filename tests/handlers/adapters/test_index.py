"""The index over a scripted client, for failures that an emulator cannot produce."""

from dataclasses import replace
from typing import Any

import pytest

from payments import changes
from payments.adapters import items
from payments.adapters.index import Index
from payments.adapters.table import to_item
from payments.payment import Operation, Status
from payments.ports import Unavailable, Window
from tests.handlers.scripted import Scripted, failure
from tests.handlers.test_changes import AUTHORIZED, PAYMENT, pending

ITEM = to_item(items.payment_item(PAYMENT))
KEY = {name: ITEM[name] for name in ("pk", "sk", "list_sk")}
NONE: dict[str, Any] = {"Items": []}


def index(*answers: Any) -> tuple[Index, Scripted, list[float]]:
    client, pauses = Scripted(list(answers)), list[float]()
    return Index(client, "payments-dev", pauses.append), client, pauses


def found(*items: Any, left: Any = ()) -> dict[str, Any]:
    unprocessed = {"payments-dev": {"Keys": list(left)}} if left else {}
    return {"Responses": {"payments-dev": list(items)}, "UnprocessedKeys": unprocessed}


def test_a_list_is_a_query_a_shard_and_one_consistent_read_of_what_they_found() -> None:
    lists, client, _ = index({"Items": [KEY]}, NONE, NONE, NONE, found(ITEM))
    page = lists.payments("acme", Status.PROCESSING, Window(5, "2026-04"))
    assert ([payment.id for payment in page.items], page.last) == ([PAYMENT.id], None)
    assert [name for name, _ in client.calls] == ["query"] * items.SHARDS + ["batch_get_item"]
    assert client.calls[0][1] == {
        "TableName": "payments-dev",
        "IndexName": "by_status",
        "Limit": 6,
        "ScanIndexForward": False,
        "KeyConditionExpression": "status_list_pk = :partition AND list_sk < :after",
        "ExpressionAttributeValues": {
            ":partition": {"S": "PAYMENTS#acme#processing#0"},
            ":after": {"S": "2026-04"},
        },
    }
    assert client.calls[-1][1] == {
        "RequestItems": {
            "payments-dev": {"Keys": [{"pk": KEY["pk"], "sk": KEY["sk"]}], "ConsistentRead": True}
        }
    }


def test_an_empty_page_reads_nothing() -> None:
    lists, client, _ = index(NONE, NONE, NONE, NONE)
    assert lists.payments("acme", None, Window(5)).items == []
    assert len(client.calls) == items.SHARDS


def test_what_the_table_leaves_out_is_asked_for_again() -> None:
    lists, client, pauses = index({"Items": [KEY]}, NONE, NONE, NONE, found(left=[KEY]), found(ITEM))
    assert len(lists.payments("acme", None, Window(5)).items) == 1
    assert len(client.calls) == items.SHARDS + 2
    assert pauses == [0, 0.05]


def test_a_table_that_keeps_leaving_it_out_is_unavailable() -> None:
    lists, _, _ = index({"Items": [KEY]}, NONE, NONE, NONE, *[found(left=[KEY])] * 9)
    with pytest.raises(Unavailable):
        lists.payments("acme", None, Window(5))


def test_a_query_that_ends_early_goes_on() -> None:
    change = changes.create(PAYMENT)
    event = to_item(items.appended_items(change)[0])
    lists, client, _ = index({"Items": [event], "LastEvaluatedKey": {"sk": {"S": "EVENT"}}}, NONE)
    assert lists.events("acme", PAYMENT.id, Window(5)).items == [change.event]
    assert [arguments["Limit"] for _, arguments in client.calls] == [6, 5]
    assert client.calls[1][1]["ExclusiveStartKey"] == {"sk": {"S": "EVENT"}}


def test_a_throttled_query_is_unavailable() -> None:
    lists, _, _ = index(failure("ThrottlingException"))
    with pytest.raises(Unavailable):
        lists.due(0, 5)


def test_only_what_must_be_looked_at_is_in_the_index_of_what_is_due() -> None:
    waiting = items.payment_item(
        changes.start_operation(AUTHORIZED, pending(Operation.CAPTURE), due=9).payment
    )
    assert (waiting["due_pk"], waiting["due_sk"]) == (f"DUE#{ord('q') % items.SHARDS}", 9)
    done = items.payment_item(changes.abort_operation(PAYMENT).payment)
    assert not {"due_pk", "due_sk"} & set(done)


def test_payments_are_spread_over_all_shards() -> None:
    places = {
        items.payment_item(payment)["merchant_list_pk"]
        for payment in (replace(PAYMENT, id=f"pay_{'q' * 23}{letter}") for letter in "abcdefgh")
    }
    assert places == set(items.partitions("PAYMENTS", "acme"))


def test_events_of_a_merchant_are_read_from_the_table() -> None:
    event = to_item(items.appended_items(changes.create(PAYMENT))[0])
    key = {name: event[name] for name in ("pk", "sk", "list_sk")}
    lists, _, _ = index({"Items": [key]}, NONE, NONE, NONE, found(event))
    assert lists.events("acme", None, Window(5)).items == [changes.create(PAYMENT).event]
