"""The audit trail: one object with one JSON line for each event, under the date of the event."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments.formats import EVENT_ID, PAYMENT_ID, from_json, to_json

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d\.\d{3}Z")
_TEXTS = ("id", "type", "merchant", "payment", "created")


class Poison(ValueError):
    """Reports a message that no retry can process."""


@dataclass(frozen=True, slots=True)
class AuditObject:
    """Represents an object of the audit bucket.

    Key and line are derived from the event alone, so that repeated deliveries write the same object.
    """

    event: str
    payment: str
    key: str
    line: str


def audit_object(envelope: str) -> AuditObject:
    """Returns the object of an event as EventBridge delivers it. Raises Poison."""
    try:
        detail = _mapping(_mapping(from_json(envelope))["detail"])
        event = {name: detail[name] for name in _TEXTS} | {
            "sequence": int(str(detail["sequence"])),  # a pipe turns DynamoDB's numbers into text
            "data": _mapping(from_json(detail["data"])),
        }
        date = _TIME.fullmatch(event["created"])
        if not (date and EVENT_ID.fullmatch(event["id"]) and PAYMENT_ID.fullmatch(event["payment"])):
            raise Poison("not an event of a payment")
    except (KeyError, TypeError, ValueError):
        raise Poison("not an event") from None
    key = f"events/date={date[1]}/{event['id']}.json"
    return AuditObject(event["id"], event["payment"], key, to_json(event) + "\n")


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("not an object")
    return value
