"""The audit trail: each event is one object with one JSON line, under the date of the event."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments import json_text
from payments.ids import EVENT_ID, PAYMENT_ID

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d\.\d{3}Z")
_TEXTS = ("id", "type", "merchant", "payment", "created")


class Poison(ValueError):
    """A message that no repetition will make readable."""


@dataclass(frozen=True, slots=True)
class AuditObject:
    """Both follow from the event alone, so that it lands once however often it is delivered."""

    event: str
    payment: str
    key: str
    line: str


def audit_object(envelope: str) -> AuditObject:
    """What to keep of an event as EventBridge delivers it. Raises Poison."""
    try:
        detail = _mapping(_mapping(json_text.read(envelope))["detail"])
        event = {name: detail[name] for name in _TEXTS} | {
            "sequence": int(str(detail["sequence"])),  # a pipe makes text of DynamoDB's numbers
            "data": _mapping(json_text.read(detail["data"])),
        }
        date = _TIME.fullmatch(event["created"])
        if not (date and EVENT_ID.fullmatch(event["id"]) and PAYMENT_ID.fullmatch(event["payment"])):
            raise Poison("not an event of ours")
    except (KeyError, TypeError, ValueError):
        raise Poison("not an event") from None
    key = f"events/date={date[1]}/{event['id']}.json"
    return AuditObject(event["id"], event["payment"], key, json_text.write(event) + "\n")


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("not an object")
    return value
