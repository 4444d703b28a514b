"""The layout of the table: one item collection a payment, one item an idempotency key, one an API key.

Indexes hold keys only, so that a change of a payment costs little there: what they find is then read from
the table. Their partitions are shards, so that the writes of a large merchant do not meet on one of them.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from payments.api_keys import ApiKey
from payments.changes import Change, Event
from payments.idempotency import Answer, Record
from payments.ids import origin
from payments.payment import CaptureMethod, Operation, Payment, Pending, Status
from payments.refund import Refund, RefundStatus

_DIGITS = 6  # so that the text order of sort keys is the order of entries and events
SHARDS = 4
API_KEYS = "API_KEYS"

# Partition key and sort key of each index.
BY_MERCHANT, BY_STATUS, BY_DUE = "by_merchant", "by_status", "by_due"
INDEXES: Mapping[str, tuple[str, str]] = {
    BY_MERCHANT: ("list_of", "listed"),
    BY_STATUS: ("list_of_status", "listed"),
    BY_DUE: ("due_shard", "due_at"),
}


def payment_key(payment_id: str) -> dict[str, object]:
    """Where a payment is."""
    return {"pk": collection(payment_id), "sk": "PAYMENT"}


def collection(payment_id: str) -> str:
    """The partition of a payment and of all that belongs to it."""
    return f"PAYMENT#{payment_id}"


def payments_of(merchant: str, shard: int) -> str:
    """Where an index lists a shard of a merchant's payments."""
    return f"PAYMENTS#{merchant}#{shard}"


def payments_in(merchant: str, status: str, shard: int) -> str:
    """The same, of one status."""
    return f"PAYMENTS#{merchant}#{status}#{shard}"


def events_of(merchant: str, shard: int) -> str:
    """Where an index lists a shard of a merchant's events."""
    return f"EVENTS#{merchant}#{shard}"


def movements_of(day: str, shard: int) -> str:
    """Where an index lists a shard of the ledger entries of a day, `2026-03-01`."""
    return f"LEDGER#{day}#{shard}"


def simulated_on(day: str, shard: int) -> str:
    """Where an index lists a shard of what the simulator settled on a day."""
    return f"SIMULATED#{day}#{shard}"


def due_in(shard: int) -> str:
    """Where an index lists a shard of the payments that somebody must look at."""
    return f"DUE#{shard}"


def payment_item(change: Change) -> dict[str, object]:
    """The payment at its new version."""
    payment = change.payment
    number = shard(payment.id)
    return {
        **payment_key(payment.id),
        "entity": "payment",
        "list_of": payments_of(payment.merchant, number),
        "list_of_status": payments_in(payment.merchant, payment.status, number),
        "listed": f"{payment.created}#{payment.id}",
        **({"due_shard": due_in(number), "due_at": payment.due} if payment.due else {}),
        **asdict(payment),
    }


def event_key(event_id: str) -> dict[str, object]:
    """Where an event is: beside its payment."""
    payment, sequence = origin(event_id)
    return {"pk": collection(payment), "sk": f"EVENT#{sequence:0{_DIGITS}d}"}


def appended_items(change: Change) -> list[dict[str, object]]:
    """What a change adds beside the payment: its event, which the stream delivers, and its ledger entries."""
    payment = change.payment
    return [
        *(
            {
                **event_key(event.id),
                "entity": "event",
                "list_of": events_of(payment.merchant, shard(payment.id)),
                "listed": f"{event.created}#{event.id}",
                **asdict(event),
            }
            for event in [change.event]
            if event
        ),
        *(
            {
                "pk": collection(payment.id),
                "sk": f"LEDGER#{entry.sequence:0{_DIGITS}d}",
                "entity": "ledger",
                "list_of": movements_of(entry.created[:10], shard(payment.id)),
                "listed": f"{entry.created}#{payment.id}#{entry.sequence:0{_DIGITS}d}",
                **asdict(entry),
            }
            for entry in change.entries
        ),
    ]


def refund_key(refund_id: str) -> dict[str, object]:
    """Where a refund is: beside its payment."""
    payment, sequence = origin(refund_id)
    return {"pk": collection(payment), "sk": f"REFUND#{sequence:0{_DIGITS}d}"}


def refund_item(refund: Refund) -> dict[str, object]:
    """A refund."""
    return refund_key(refund.id) | {"entity": "refund", **asdict(refund)}


def record_key(merchant: str, digest: str) -> dict[str, object]:
    """Where an idempotency record is."""
    return {"pk": f"IDEMPOTENCY#{merchant}#{digest}", "sk": "IDEMPOTENCY"}


def record_item(record: Record) -> dict[str, object]:
    """An idempotency record; `status` and `body` are there once it is finished."""
    values = asdict(record)
    answer = values.pop("answer") or {}
    return record_key(record.merchant, record.digest) | {"entity": "idempotency", **values, **answer}


def to_payment(values: Mapping[str, Any]) -> Payment:
    """A payment from its item."""
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
    """An event from its item."""
    return Event(**fields(Event, values))


def to_refund(values: Mapping[str, Any]) -> Refund:
    """A refund from its item."""
    return Refund(**fields(Refund, values) | {"status": RefundStatus(values["status"])})


def to_record(values: Mapping[str, Any]) -> Record:
    """An idempotency record from its item."""
    answer = Answer(values["status"], values["body"]) if "status" in values else None
    return Record(**fields(Record, values) | {"answer": answer})


def api_key_key(key_id: str) -> dict[str, object]:
    """Where the record of an API key is."""
    return {"pk": f"API_KEY#{key_id}", "sk": "API_KEY"}


def api_key_item(key: ApiKey) -> dict[str, object]:
    """The record of an API key; all of them are listed in one place, for there are few."""
    listed = {"list_of": API_KEYS, "listed": f"{key.created}#{key.key_id}"}
    return {**api_key_key(key.key_id), "entity": "api_key", **listed, **asdict(key)}


def to_api_key(values: Mapping[str, Any]) -> ApiKey:
    """A key from its item."""
    found = fields(ApiKey, values)
    return ApiKey(**found | {"scopes": tuple(found["scopes"])})


def simulated_item(*, key: str, payment: str, created: str, **values: object) -> dict[str, object]:
    """A movement in the simulator's book."""
    return {
        "pk": f"SIMULATED#{key}",
        "sk": "SIMULATED",
        "entity": "simulated",
        "list_of": simulated_on(created[:10], shard(payment)),
        "listed": f"{created}#{key}",
        "payment": payment,
        "created": created,
        **values,
    }


def fields(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What a data class of ours takes of an item."""
    return {name: values[name] for name in kind.__dataclass_fields__ if name in values}


def shard(payment_id: str) -> int:
    """The shard of all that belongs to a payment."""
    return ord(payment_id[-1]) % SHARDS
