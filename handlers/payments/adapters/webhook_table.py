"""Webhook endpoints and deliveries in the table: endpoints by merchant, deliveries beside their payments."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from payments.adapters import items
from payments.adapters.index import Index
from payments.adapters.table import NEW, NEW_OR_EXPIRED, UNCHANGED, Put, get_item, put_item, write
from payments.api.idempotency import Record
from payments.formats import delivery_id, event_and_endpoint, event_id
from payments.ports import Page, Window
from payments.webhooks.delivery import Delivery, DeliveryStatus
from payments.webhooks.endpoint import Endpoint, EndpointStatus, Secret


class WebhookTable(Index):
    """Implements payments.webhooks.store.WebhookStore. Needs dynamodb:PutItem, and the actions of Index."""

    __slots__ = ()

    def endpoint(self, merchant: str, endpoint_id: str) -> Endpoint | None:
        """Sends one consistent GetItem."""
        return get_item(self.client, self.name, _endpoint_key(merchant, endpoint_id), _to_endpoint)

    def endpoints(self, merchant: str, window: Window) -> Page[Endpoint]:
        """Sends one consistent Query."""
        return self._in_collection(_endpoints_of(merchant), "ENDPOINT#", window, _to_endpoint)

    def delivery(self, delivery_id: str) -> Delivery | None:
        """Sends one consistent GetItem."""
        return get_item(self.client, self.name, _delivery_key(delivery_id), _to_delivery)

    def deliveries(self, merchant: str, status: DeliveryStatus | None, window: Window) -> Page[Delivery]:
        """Sends one Query for each shard, and one BatchGetItem."""
        return self._merchants("DELIVERIES", merchant, status, window, _to_delivery)

    def due_deliveries(self, now: int, limit: int) -> list[str]:
        """Sends one Query for each shard."""
        found = self._due("DUE_DELIVERIES", now, limit)
        return [_delivery_at(values["pk"], values["sk"]) for values in found]

    def put_once(self, changed: Endpoint | Delivery, record: Record, now: int) -> Record | None:
        """Sends one TransactWriteItems."""
        claimed = Put(items.record_item(record), NEW_OR_EXPIRED, {":now": now})
        token = f"{record.attempt}-keep"
        found = write(self.client, self.name, token, [claimed, _put(changed)], sleep=self.sleep)
        return items.to_record(found) if found else None

    def put(self, changed: Endpoint | Delivery) -> bool:
        """Sends one PutItem."""
        return put_item(self.client, self.name, _put(changed))


def _put(changed: Endpoint | Delivery) -> Put:
    item = _endpoint_item(changed) if isinstance(changed, Endpoint) else _delivery_item(changed)
    before = changed.version - 1
    return Put(item, UNCHANGED, {":before": before}) if before else Put(item, NEW)


def _endpoints_of(merchant: str) -> str:
    return f"WEBHOOKS#{merchant}"


def _endpoint_key(merchant: str, endpoint_id: str) -> dict[str, object]:
    return {"pk": _endpoints_of(merchant), "sk": f"ENDPOINT#{endpoint_id}"}  # id order is creation order


def _endpoint_item(endpoint: Endpoint) -> dict[str, object]:
    """Leaves out members that are None: TTL needs a number."""
    values = {name: value for name, value in asdict(endpoint).items() if value is not None}
    return _endpoint_key(endpoint.merchant, endpoint.id) | {"entity": "webhook_endpoint", **values}


def _to_endpoint(values: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        **items.fields(Endpoint, values)
        | {
            "status": EndpointStatus(values["status"]),
            "events": tuple(values["events"]),
            "secrets": tuple(Secret(**secret) for secret in values["secrets"]),
        }
    )


def _delivery_key(delivery: str) -> dict[str, object]:
    """Returns a key in the collection of the payment, by the sequence of the event."""
    event, endpoint = event_and_endpoint(delivery)
    key = items.event_key(event)
    return key | {"sk": f"DELIVERY#{str(key['sk']).removeprefix('EVENT#')}#{endpoint}"}


def _delivery_at(partition: str, sort_key: str) -> str:
    """Returns the id of the delivery at a key."""
    _, sequence, endpoint = sort_key.split("#")
    return delivery_id(event_id(partition.removeprefix("PAYMENT#"), int(sequence)), endpoint)


def _delivery_item(delivery: Delivery) -> dict[str, object]:
    payment = delivery.payment
    due = {"due_pk": items.partition(payment, "DUE_DELIVERIES"), "due_sk": delivery.due}
    return {
        **_delivery_key(delivery.id),
        "entity": "webhook_delivery",
        "merchant_list_pk": items.partition(payment, "DELIVERIES", delivery.merchant),
        "status_list_pk": items.partition(payment, "DELIVERIES", delivery.merchant, delivery.status),
        "list_sk": f"{delivery.created}#{delivery.id}",
        **(due if delivery.due else {}),
        **asdict(delivery),
    }


def _to_delivery(values: Mapping[str, Any]) -> Delivery:
    return Delivery(**items.fields(Delivery, values) | {"status": DeliveryStatus(values["status"])})
