"""The port to where endpoints and deliveries are kept."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from payments.changes import Event
from payments.idempotency import Record
from payments.listing import Page, Window
from payments.webhooks.delivery import Delivery, DeliveryStatus
from payments.webhooks.endpoint import Endpoint


class Webhooks(Protocol):
    """A change is written only over the version before its own."""

    def endpoint(self, merchant: str, endpoint_id: str) -> Endpoint | None:
        """One endpoint of a merchant as last written."""

    def endpoints(self, merchant: str, window: Window) -> Page[Endpoint]:
        """The endpoints of a merchant as last written, newest first."""

    def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery as last written."""

    def deliveries(self, merchant: str, status: DeliveryStatus | None, window: Window) -> Page[Delivery]:
        """A merchant's deliveries, newest first; one that was just written may not be listed yet."""

    def due_deliveries(self, now: int, limit: int) -> Sequence[str]:
        """Up to that many ids of deliveries whose next attempt is due by now, the longest waiting first."""

    def event(self, event_id: str) -> Event | None:
        """One event."""

    def keep(self, changed: Endpoint | Delivery, record: Record, now: int) -> Record | None:
        """Write a change with the finished record of its request, unless a record of that key is kept: then
        return that one. Raises payments.store.Changed."""

    def put(self, changed: Endpoint | Delivery) -> bool:
        """Write a change that no request waits for; whether it was written."""


def every_endpoint(webhooks: Webhooks, merchant: str) -> Iterator[Endpoint]:
    """All endpoints of a merchant, the disabled ones too."""
    window = Window(100)
    while True:
        page = webhooks.endpoints(merchant, window)
        yield from page.items
        if page.last is None:
            return
        window = Window(100, page.last)
