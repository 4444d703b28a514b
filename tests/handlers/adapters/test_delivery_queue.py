import json

from payments.adapters.delivery_queue import queue_deliveries
from tests.handlers.scripted import Scripted


def test_deliveries_are_queued_ten_at_a_time_and_those_that_are_not_are_not_counted() -> None:
    client = Scripted([{"Successful": [{}] * 10}, {"Successful": [{}] * 2, "Failed": [{}]}])
    assert queue_deliveries(client, "url", [f"wd_{number}" for number in range(13)]) == 12
    entries = [entry for _, call in client.calls for entry in call["Entries"]]
    assert [json.loads(entry["MessageBody"])["delivery"] for entry in entries] == [
        f"wd_{number}" for number in range(13)
    ]
    assert [len(call["Entries"]) for _, call in client.calls] == [10, 3]
    assert {call["QueueUrl"] for _, call in client.calls} == {"url"}


def test_nothing_to_send_asks_nobody() -> None:
    client = Scripted()
    assert queue_deliveries(client, "url", []) == 0
    assert client.calls == []
