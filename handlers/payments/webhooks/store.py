"""The port to the store of webhook endpoints and deliveries."""

from collections.abc import Sequence
from typing import Protocol

from payments.api.idempotency import Record
from payments.changes import Event
from payments.ports import Page, Window
from payments.webhooks.delivery import Delivery, DeliveryStatus
from payments.webhooks.endpoint import Endpoint


class WebhookStore(Protocol):
    """Represents the store of endpoints and deliveries; a change is written only over its predecessor."""

    def endpoint(self, merchant: str, endpoint_id: str) -> Endpoint | None:
        """Returns an endpoint of a merchant as last written."""

    def endpoints(self, merchant: str, window: Window) -> Page[Endpoint]:
        """Lists the endpoints of a merchant as last written, newest first."""

    def delivery(self, delivery_id: str) -> Delivery | None:
        """Returns a delivery as last written."""

    def deliveries(self, merchant: str, status: DeliveryStatus | None, window: Window) -> Page[Delivery]:
        """Lists a merchant's deliveries, newest first; those of the last moment may be missing."""

    def due_deliveries(self, now: int, limit: int) -> Sequence[str]:
        """Returns ids of deliveries whose next attempt is due, the longest waiting first."""

    def event(self, event_id: str) -> Event | None:
        """Returns one event."""

    def put_once(self, changed: Endpoint | Delivery, record: Record, now: int) -> Record | None:
        """Writes a change and the finished record of its request, or returns the existing record of the key.

        Raises payments.ports.Changed.
        """

    def put(self, changed: Endpoint | Delivery) -> bool:
        """Writes a change without a record. Returns False if its predecessor has changed."""
