"""The layout of the table: one item collection for each payment; records, API keys and webhooks beside them.

Indexes contain keys only, so that a change of a payment costs little there; found items are read from the
table. Their partitions are sharded, so that the writes of a large merchant do not meet on one of them.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from payments.api.api_keys import ApiKey
from payments.api.idempotency import Answer, Record
from payments.changes import Change, Event
from payments.formats import payment_and_sequence
from payments.payment import CaptureMethod, Operation, Payment, Pending, Status
from payments.refund import Refund, RefundStatus

_DIGITS = 6  # so that the text order of sort keys is the order of entries and events
SHARDS = 4
API_KEYS = "API_KEYS"

# Partition key and sort key of each index.
BY_MERCHANT, BY_STATUS, BY_DUE = "by_merchant", "by_status", "by_due"
INDEXES: Mapping[str, tuple[str, str]] = {
    BY_MERCHANT: ("merchant_list_pk", "list_sk"),
    BY_STATUS: ("status_list_pk", "list_sk"),
    BY_DUE: ("due_pk", "due_sk"),
}


def payment_key(payment_id: str) -> dict[str, object]:
    """Returns the key of a payment."""
    return {"pk": collection(payment_id), "sk": "PAYMENT"}


def collection(payment_id: str) -> str:
    """Returns the partition of a payment and of everything that belongs to it."""
    return f"PAYMENT#{payment_id}"


def partition(payment_id: str, *names: str) -> str:
    """Returns the partition of an index in which an item of a payment is, such as `PAYMENTS#acme#3`."""
    return "#".join([*names, str(ord(payment_id[-1]) % SHARDS)])


def partitions(*names: str) -> list[str]:
    """Returns all shards of a list of an index."""
    return ["#".join([*names, str(shard)]) for shard in range(SHARDS)]


def payment_item(payment: Payment) -> dict[str, object]:
    """Returns the item of a payment."""
    return {
        **payment_key(payment.id),
        "entity": "payment",
        "merchant_list_pk": partition(payment.id, "PAYMENTS", payment.merchant),
        "status_list_pk": partition(payment.id, "PAYMENTS", payment.merchant, payment.status),
        "list_sk": f"{payment.created}#{payment.id}",
        **({"due_pk": partition(payment.id, "DUE"), "due_sk": payment.due} if payment.due else {}),
        **asdict(payment),
    }


def event_key(event_id: str) -> dict[str, object]:
    """Returns the key of an event, in the collection of its payment."""
    payment, sequence = payment_and_sequence(event_id)
    return {"pk": collection(payment), "sk": f"EVENT#{_padded(sequence)}"}


def appended_items(change: Change) -> list[dict[str, object]]:
    """Returns the items that a change adds to the collection: an event for the stream, and ledger entries."""
    payment, event = change.payment, change.event
    appended: list[dict[str, object]] = []
    if event:
        appended.append(
            {
                **event_key(event.id),
                "entity": "event",
                "merchant_list_pk": partition(payment.id, "EVENTS", payment.merchant),
                "list_sk": f"{event.created}#{event.id}",
                **asdict(event),
            }
        )
    for entry in change.entries:
        number = _padded(entry.sequence)
        appended.append(
            {
                "pk": collection(payment.id),
                "sk": f"LEDGER#{number}",
                "entity": "ledger",
                "merchant_list_pk": partition(payment.id, "LEDGER", entry.created[:10]),
                "list_sk": f"{entry.created}#{payment.id}#{number}",
                **asdict(entry),
            }
        )
    return appended


def refund_key(refund_id: str) -> dict[str, object]:
    """Returns the key of a refund, in the collection of its payment."""
    payment, sequence = payment_and_sequence(refund_id)
    return {"pk": collection(payment), "sk": f"REFUND#{_padded(sequence)}"}


def refund_item(refund: Refund) -> dict[str, object]:
    """Returns the item of a refund."""
    return refund_key(refund.id) | {"entity": "refund", **asdict(refund)}


def record_key(merchant: str, digest: str) -> dict[str, object]:
    """Returns the key of an idempotency record."""
    return {"pk": f"IDEMPOTENCY#{merchant}#{digest}", "sk": "IDEMPOTENCY"}


def record_item(record: Record) -> dict[str, object]:
    """Returns the item of an idempotency record; a finished one has `status` and `body`."""
    values = asdict(record)
    answer = values.pop("answer") or {}
    return record_key(record.merchant, record.digest) | {"entity": "idempotency", **values, **answer}


def to_payment(values: Mapping[str, Any]) -> Payment:
    """Returns the payment of an item."""
    found = fields(Payment, values)
    pending = found["pending"]
    return Payment(
        **{
            **found,
            "status": Status(found["status"]),
            "capture_method": CaptureMethod(found["capture_method"]),
            "pending": pending and Pending(**pending | {"operation": Operation(pending["operation"])}),
        }
    )


def to_event(values: Mapping[str, Any]) -> Event:
    """Returns the event of an item."""
    return Event(**fields(Event, values))


def to_refund(values: Mapping[str, Any]) -> Refund:
    """Returns the refund of an item."""
    return Refund(**fields(Refund, values) | {"status": RefundStatus(values["status"])})


def to_record(values: Mapping[str, Any]) -> Record:
    """Returns the idempotency record of an item."""
    answer = Answer(values["status"], values["body"]) if "status" in values else None
    return Record(**fields(Record, values) | {"answer": answer})


def api_key_key(key_id: str) -> dict[str, object]:
    """Returns the key of an API key's record."""
    return {"pk": f"API_KEY#{key_id}", "sk": "API_KEY"}


def api_key_item(key: ApiKey) -> dict[str, object]:
    """Returns the item of an API key's record; one partition lists the few records of all merchants."""
    position = {"merchant_list_pk": API_KEYS, "list_sk": f"{key.created}#{key.key_id}"}
    return {**api_key_key(key.key_id), "entity": "api_key", **position, **asdict(key)}


def to_api_key(values: Mapping[str, Any]) -> ApiKey:
    """Returns the API key of an item."""
    found = fields(ApiKey, values)
    return ApiKey(**found | {"scopes": tuple(found["scopes"])})


def fields(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the attributes of an item that are fields of a data class."""
    return {name: values[name] for name in kind.__dataclass_fields__ if name in values}


def _padded(sequence: int) -> str:
    return f"{sequence:0{_DIGITS}d}"
