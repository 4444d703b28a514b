from dataclasses import replace
from typing import Any

import pytest

from payments import changes
from payments.adapters import items
from payments.adapters.table import Table, from_item, to_item
from payments.api.idempotency import Answer
from payments.formats import refund_id
from payments.payment import Approved, Declined, Done, Operation
from payments.ports import Changed, Unavailable
from payments.refund import Refund, RefundStatus
from tests.handlers.api.test_idempotency import RECORD
from tests.handlers.scripted import Scripted, cancelled, failure
from tests.handlers.test_changes import AUTHORIZED, MOMENT, PAYMENT, pending

CAPTURING = changes.start_operation(AUTHORIZED, pending(Operation.CAPTURE, 500), due=9).payment


def puts(client: Scripted) -> list[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Returns item, condition and values of each put of the only write."""
    ((_, arguments),) = client.calls
    members = [member["Put"] for member in arguments["TransactItems"]]
    return [
        (
            from_item(member["Item"]),
            member["ConditionExpression"],
            from_item(member.get("ExpressionAttributeValues", {})),
        )
        for member in members
    ]


def test_a_claim_writes_record_payment_and_first_event_where_there_is_none() -> None:
    client = Scripted()
    assert Table(client, "payments-dev").claim(RECORD, changes.create(PAYMENT), 77) is None
    record, payment, event = puts(client)
    assert (record[0]["pk"], record[0]["sk"]) == ("IDEMPOTENCY#acme#d", "IDEMPOTENCY")
    assert record[1:] == ("attribute_not_exists(#pk) OR #expires_at <= :now", {":now": 77})
    assert (payment[0]["pk"], payment[0]["sk"], payment[0]["status"]) == (
        f"PAYMENT#{PAYMENT.id}",
        "PAYMENT",
        "processing",
    )
    assert (event[0]["pk"], event[0]["sk"]) == (f"PAYMENT#{PAYMENT.id}", "EVENT#000001")
    assert payment[1] == event[1] == "attribute_not_exists(#pk)"
    assert client.calls[0][1]["ClientRequestToken"] == "first-claim"


def test_a_commit_writes_answer_payment_ledger_and_event_while_it_holds_the_record() -> None:
    client = Scripted()
    change = changes.apply_outcome(PAYMENT, Approved("ch_a"), MOMENT)
    done = RECORD.finished(Answer(201, "{}"))
    assert Table(client, "payments-dev").replace(done, held_by="first", change=change) is None
    record, payment, *appended = puts(client)
    assert (record[0]["status"], record[0]["body"]) == (201, "{}")
    assert record[1:] == (
        "#attempt = :held_by AND attribute_not_exists(#body)",
        {":held_by": "first"},
    )
    assert payment[1:] == ("#version = :before", {":before": 1})
    assert [item["sk"] for item, _, _ in appended] == ["EVENT#000002", "LEDGER#000001", "LEDGER#000002"]
    assert {condition for _, condition, _ in appended} == {"attribute_not_exists(#pk)"}
    assert client.calls[0][1]["ClientRequestToken"] == "first-end"


def test_a_take_over_writes_record_and_payment_in_one_under_a_token_of_its_own() -> None:
    client = Scripted()
    taken_over = RECORD.taken_over("second", 1000, 30)
    change = changes.reschedule(CAPTURING, taken_over.lease_until)
    assert Table(client, "payments-dev").replace(taken_over, held_by="first", change=change) is None
    (record, _, values), (payment, condition, before) = puts(client)
    assert (record["attempt"], record["lease_until"], values) == ("second", 1031, {":held_by": "first"})
    assert (payment["version"], payment["due_sk"]) == (CAPTURING.version + 1, 1031)
    assert (condition, before) == ("#version = :before", {":before": CAPTURING.version})
    assert client.calls[0][1]["ClientRequestToken"] == "second-take"


def test_a_change_that_the_world_cannot_see_has_no_event() -> None:
    client = Scripted()
    begun = changes.start_operation(AUTHORIZED, pending(Operation.CAPTURE, 500), due=9)
    Table(client, "payments-dev").write(begun, "q" * 24)
    ((payment, condition, values),) = puts(client)
    assert (payment["pending"]["operation"], payment["pending"]["amount"]) == ("capture", 500)
    assert (condition, values) == ("#version = :before", {":before": AUTHORIZED.version})
    assert client.calls[0][1]["ClientRequestToken"] == "q" * 24 + "-write"


def test_a_change_over_another_version_is_refused() -> None:
    there = to_item(items.payment_item(PAYMENT))
    client = Scripted([cancelled("ConditionalCheckFailed", "None", item=there)])
    with pytest.raises(Changed):
        Table(client, "payments-dev").write(changes.apply_outcome(CAPTURING, Done(), MOMENT), "q" * 24)


def test_a_refund_is_written_where_there_is_none_or_one_that_is_not_resolved() -> None:
    client = Scripted()
    captured = changes.apply_outcome(PAYMENT, Approved("ch_a"), MOMENT).payment
    refund_pending = pending(Operation.REFUND, 5, refund=refund_id(PAYMENT.id, 1))
    change = changes.apply_outcome(
        changes.start_operation(captured, refund_pending, due=9).payment, Done(), MOMENT
    )
    Table(client, "payments-dev").write(change, "q" * 24)
    *_, (refund, condition, values) = puts(client)
    assert (refund["pk"], refund["sk"]) == (f"PAYMENT#{PAYMENT.id}", "REFUND#000001")
    assert (refund["entity"], refund["amount"], refund["status"]) == ("refund", 5, "succeeded")
    assert (condition, values) == (
        "attribute_not_exists(#pk) OR #status = :pending",
        {":pending": "pending"},
    )


def test_a_refund_comes_back_as_it_was_written() -> None:
    refund = Refund(
        id=refund_id(PAYMENT.id, 1),
        payment=PAYMENT.id,
        merchant="acme",
        amount=5,
        currency="EUR",
        reason=None,
        status=RefundStatus.PENDING,
        created="2026-03-01T12:00:00.000Z",
    )
    client = Scripted([{"Item": to_item(items.refund_item(refund))}])
    assert Table(client, "payments-dev").refund(refund.id) == refund
    assert client.calls[0][1]["Key"]["sk"] == {"S": "REFUND#000001"}


def test_the_outbox_item_has_every_member_of_an_event_at_the_top() -> None:
    event = items.appended_items(changes.create(PAYMENT))[0]
    assert set(event) == {
        "pk",
        "sk",
        "entity",
        "merchant_list_pk",
        "list_sk",
        "id",
        "type",
        "merchant",
        "payment",
        "sequence",
        "created",
        "data",
    }
    assert event["entity"] == "event"
    assert isinstance(event["data"], str)


def test_a_ledger_item_holds_its_postings() -> None:
    change = changes.apply_outcome(PAYMENT, Approved("ch_a"), MOMENT)
    entry = from_item(to_item(items.appended_items(change)[1]))
    assert entry["entity"] == "ledger"
    assert entry["postings"] == [
        {"account": "gateway:authorized", "amount": 1250},
        {"account": "merchant:reserved", "amount": -1250},
    ]


@pytest.mark.parametrize("record", [RECORD, RECORD.released(), RECORD.finished(Answer(402, '{"a":"é"}'))])
def test_the_record_in_the_way_comes_back_as_it_was_written(record: Any) -> None:
    there = to_item(items.record_item(record))
    client = Scripted([cancelled("ConditionalCheckFailed", "None", "None", item=there)])
    assert Table(client, "payments-dev").claim(RECORD, changes.create(PAYMENT), 77) == record


@pytest.mark.parametrize(
    "change",
    [
        changes.create(replace(PAYMENT, metadata={"order": "A-1"})),
        changes.apply_outcome(PAYMENT, Approved("ch_a"), MOMENT),
        changes.apply_outcome(PAYMENT, Declined("expired_card", "The card has expired."), MOMENT),
        changes.start_operation(AUTHORIZED, pending(Operation.CAPTURE, 500), due=9),
    ],
)
def test_a_payment_comes_back_as_it_was_written(change: changes.Change) -> None:
    client = Scripted([{"Item": to_item(items.payment_item(change.payment))}])
    assert Table(client, "payments-dev").payment(PAYMENT.id) == change.payment
    assert client.calls == [
        (
            "get_item",
            {
                "TableName": "payments-dev",
                "Key": {"pk": {"S": f"PAYMENT#{PAYMENT.id}"}, "sk": {"S": "PAYMENT"}},
                "ConsistentRead": True,
            },
        )
    ]


def test_a_payment_that_is_not_there_is_none() -> None:
    assert Table(Scripted(), "payments-dev").payment(PAYMENT.id) is None


def test_a_read_that_is_throttled_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        Table(Scripted([failure("ThrottlingException")]), "payments-dev").payment(PAYMENT.id)


def test_the_longest_body_stays_far_below_the_size_of_an_item() -> None:
    metadata = {f"{number:040d}": "\U0001f600" * 500 for number in range(50)}
    change = changes.apply_outcome(replace(PAYMENT, metadata=metadata), Approved("ch_a"), MOMENT)
    item = to_item(items.appended_items(change)[0])
    assert len(str(item).encode()) < 200_000
