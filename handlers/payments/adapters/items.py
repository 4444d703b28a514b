"""The layout of the table: one item collection a payment, one item an idempotency key, one an API key."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from payments.changes import Change
from payments.idempotency import Answer, Record
from payments.ids import origin
from payments.payment import CaptureMethod, Operation, Payment, Pending, Status
from payments.refund import Refund, RefundStatus

_DIGITS = 6  # so that the text order of sort keys is the order of entries and events


def payment_key(payment_id: str) -> dict[str, object]:
    """Where a payment is."""
    return {"pk": f"PAYMENT#{payment_id}", "sk": "PAYMENT"}


def payment_item(change: Change) -> dict[str, object]:
    """The payment at its new version."""
    return payment_key(change.payment.id) | {"entity": "payment", **asdict(change.payment)}


def appended_items(change: Change) -> list[dict[str, object]]:
    """What a change adds beside the payment: its event, which the stream delivers, and its ledger entries."""
    pk = f"PAYMENT#{change.payment.id}"
    return [
        *(
            {"pk": pk, "sk": f"EVENT#{event.sequence:0{_DIGITS}d}", "entity": "event", **asdict(event)}
            for event in [change.event]
            if event
        ),
        *(
            {"pk": pk, "sk": f"LEDGER#{entry.sequence:0{_DIGITS}d}", "entity": "ledger", **asdict(entry)}
            for entry in change.entries
        ),
    ]


def refund_key(refund_id: str) -> dict[str, object]:
    """Where a refund is: beside its payment."""
    payment, sequence = origin(refund_id)
    return {"pk": f"PAYMENT#{payment}", "sk": f"REFUND#{sequence:0{_DIGITS}d}"}


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
    fields = _fields(Payment, values)
    pending = fields["pending"]
    return Payment(
        **{
            **fields,
            "status": Status(fields["status"]),
            "capture_method": CaptureMethod(fields["capture_method"]),
            "pending": pending and Pending(**pending | {"operation": Operation(pending["operation"])}),
        }
    )


def to_refund(values: Mapping[str, Any]) -> Refund:
    """A refund from its item."""
    fields = _fields(Refund, values)
    return Refund(**fields | {"status": RefundStatus(fields["status"])})


def to_record(values: Mapping[str, Any]) -> Record:
    """An idempotency record from its item."""
    answer = Answer(values["status"], values["body"]) if "status" in values else None
    return Record(**_fields(Record, values) | {"answer": answer})


def api_key_key(key_id: str) -> dict[str, object]:
    """Where the record of an API key is."""
    return {"pk": f"API_KEY#{key_id}", "sk": "API_KEY"}


def _fields(kind: type[Payment | Refund | Record], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in kind.__dataclass_fields__ if name in values}
