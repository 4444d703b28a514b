"""Bodies and queries of the webhooks' routes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from payments.changes import EVENT_TYPES
from payments.problems import invalid
from payments.requests import check
from payments.webhooks.delivery import DeliveryStatus
from payments.webhooks.destination import url_fault
from payments.webhooks.endpoint import EVERY_EVENT

DEFAULT_OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=7)
_KNOWN = (EVERY_EVENT, *EVENT_TYPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """A valid body of POST /v1/webhook_endpoints."""

    url: str
    events: tuple[str, ...]


def new_endpoint(body: Mapping[str, Any], *, loopback: bool) -> NewEndpoint:
    """Check a body of POST /v1/webhook_endpoints."""
    faults = {"url": lambda url: url_fault(url, loopback=loopback), "events": _events_fault}
    check(body, faults, required=("url", "events"))
    return NewEndpoint(url=body["url"], events=tuple(body["events"]))


def overlap(body: Mapping[str, Any]) -> int:
    """Check a body of POST /v1/webhook_endpoints/{id}/rotate; seconds."""
    check(body, {"overlap_seconds": _overlap_fault})
    return int(body.get("overlap_seconds", DEFAULT_OVERLAP.total_seconds()))


def nothing(body: Mapping[str, Any]) -> None:
    """Check a body of POST /v1/webhook_deliveries/{id}/redeliver."""
    check(body, {})


def delivery_status(text: str | None) -> DeliveryStatus | None:
    """The status that a caller wants; raises Problem."""
    if text is None or text in tuple(DeliveryStatus):
        return None if text is None else DeliveryStatus(text)
    raise invalid([{"param": "status", "detail": f"must be one of {', '.join(DeliveryStatus)}"}])


def _events_fault(value: object) -> str | None:
    if not isinstance(value, list) or not value:
        return "must be a list of at least one type of event, or of * for all"
    if not all(isinstance(name, str) and name in _KNOWN for name in value):
        return "must be types of events, or * for all"
    return None if len(set(value)) == len(value) else "must name each type once"


def _overlap_fault(value: object) -> str | None:
    longest = int(LONGEST_OVERLAP.total_seconds())
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= longest:
        return None
    return f"must be a whole number of seconds from 0 to {longest}"
