"""Validation of request bodies for webhook endpoints and deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from payments.api.validation import check
from payments.changes import EVENT_TYPES
from payments.webhooks.destination import url_fault
from payments.webhooks.endpoint import EVERY_EVENT

DEFAULT_OVERLAP = timedelta(days=1)
MAX_OVERLAP = timedelta(days=7)
_TYPES = (EVERY_EVENT, *EVENT_TYPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """Represents a valid body of POST /v1/webhook_endpoints."""

    url: str
    events: tuple[str, ...]


def parse_new_endpoint(body: Mapping[str, Any], *, loopback: bool) -> NewEndpoint:
    """Parses a body of POST /v1/webhook_endpoints; `loopback` allows URLs on this machine. Raises Problem."""
    faults = {"url": lambda url: url_fault(url, loopback=loopback), "events": _events_fault}
    check(body, faults, required=("url", "events"))
    return NewEndpoint(url=body["url"], events=tuple(body["events"]))


def parse_overlap(body: Mapping[str, Any]) -> int:
    """Parses a body of POST /v1/webhook_endpoints/{id}/rotate into seconds. Raises Problem."""
    check(body, {"overlap_seconds": _overlap_fault})
    return int(body.get("overlap_seconds", DEFAULT_OVERLAP.total_seconds()))


def _events_fault(value: object) -> str | None:
    if not isinstance(value, list) or not value:
        return "must be a list of at least one event type, or of * for all"
    if not all(isinstance(name, str) and name in _TYPES for name in value):
        return "must be event types, or * for all"
    return None if len(set(value)) == len(value) else "must list each event type once"


def _overlap_fault(value: object) -> str | None:
    longest = int(MAX_OVERLAP.total_seconds())
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= longest:
        return None
    return f"must be a whole number of seconds from 0 to {longest}"
