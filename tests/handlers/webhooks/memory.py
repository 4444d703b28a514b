"""Webhooks in memory and scripted receivers."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from payments.api.idempotency import Record
from payments.changes import Event
from payments.ports import Changed, Page, Window
from payments.webhooks.delivery import Delivery, DeliveryStatus, Response
from payments.webhooks.endpoint import Endpoint
from tests.handlers.support import MemoryStore, newest


@dataclass
class MemoryWebhooks:
    """Implements payments.webhooks.store.WebhookStore in memory."""

    store: MemoryStore
    endpoints_by_id: dict[str, Endpoint] = field(default_factory=dict)
    deliveries_by_id: dict[str, Delivery] = field(default_factory=dict)
    fails: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def endpoint(self, merchant: str, endpoint_id: str) -> Endpoint | None:
        found = self.endpoints_by_id.get(endpoint_id)
        return found if found and found.merchant == merchant else None

    def endpoints(self, merchant: str, window: Window) -> Page[Endpoint]:
        found = [e for e in self.endpoints_by_id.values() if e.merchant == merchant]
        return newest(found, lambda endpoint: endpoint.id, window)

    def delivery(self, delivery_id: str) -> Delivery | None:
        return self.deliveries_by_id.get(delivery_id)

    def deliveries(self, merchant: str, status: DeliveryStatus | None, window: Window) -> Page[Delivery]:
        found = [
            d for d in self.deliveries_by_id.values() if d.merchant == merchant and status in (None, d.status)
        ]
        return newest(found, lambda delivery: f"{delivery.created}#{delivery.id}", window)

    def due_deliveries(self, now: int, limit: int) -> Sequence[str]:
        found = [d for d in self.deliveries_by_id.values() if d.due and d.due <= now]
        return [d.id for d in sorted(found, key=lambda d: d.due or 0)[:limit]]

    def event(self, event_id: str) -> Event | None:
        return self.store.event(event_id)

    def put_once(self, changed: Endpoint | Delivery, record: Record, now: int) -> Record | None:
        existing_record = self.store.records.get((record.merchant, record.digest))
        if existing_record and existing_record.expires_at > now:
            return existing_record
        if not self.put(changed):
            raise Changed("changed by another writer")
        self.store.records[record.merchant, record.digest] = record
        return None

    def put(self, changed: Endpoint | Delivery) -> bool:
        with self.lock:
            if self.fails:
                raise ConnectionError("secret text")
            if isinstance(changed, Endpoint):
                return _put(self.endpoints_by_id, changed)
            return _put(self.deliveries_by_id, changed)


def _put[T: (Endpoint, Delivery)](kept: dict[str, T], changed: T) -> bool:
    existing = kept.get(changed.id)
    if (existing.version if existing else 0) != changed.version - 1:
        return False
    kept[changed.id] = changed
    return True


@dataclass(frozen=True)
class Received:
    """Represents a request that a receiver got."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receivers:
    """Answers for all receivers, by URL; 204 by default."""

    answers: dict[str, list[Response]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    happens: Callable[[], object] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        self.happens()
        with self.lock:
            self.received.append(Received(url, headers, body))
            responses = self.answers.get(url)
            return responses.pop(0) if responses else Response(204)
