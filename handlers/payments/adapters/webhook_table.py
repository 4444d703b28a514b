"""Endpoints and deliveries in the table: endpoints by merchant, each delivery beside its payment."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from payments.adapters import items, webhook_items
from payments.adapters.attributes import from_item, to_item
from payments.adapters.index import Index
from payments.adapters.table import NEW, NEW_OR_EXPIRED, UNCHANGED
from payments.adapters.transactions import Put, transient_as_unavailable, write
from payments.idempotency import Record
from payments.listing import Page, Window
from payments.webhooks.delivery import Delivery, DeliveryStatus
from payments.webhooks.endpoint import Endpoint


class WebhookTable(Index):
    """A payments.webhooks.store.Webhooks. Needs what Index needs, and dynamodb:PutItem on the table."""

    __slots__ = ()

    def endpoint(self, merchant: str, endpoint_id: str) -> Endpoint | None:
        """One strongly consistent GetItem."""
        found = self._get(webhook_items.endpoint_key(merchant, endpoint_id))
        return webhook_items.to_endpoint(found) if found else None

    def endpoints(self, merchant: str, window: Window) -> Page[Endpoint]:
        """One strongly consistent Query."""
        page = self._beside(webhook_items.endpoints_of(merchant), "ENDPOINT#", window)
        return Page([webhook_items.to_endpoint(values) for values in page.items], page.last)

    def delivery(self, delivery_id: str) -> Delivery | None:
        """One strongly consistent GetItem."""
        found = self._get(webhook_items.delivery_key(delivery_id))
        return webhook_items.to_delivery(found) if found else None

    def deliveries(self, merchant: str, status: DeliveryStatus | None, window: Window) -> Page[Delivery]:
        """A Query a shard, and one BatchGetItem."""
        shards = range(items.SHARDS)
        if status is None:
            index, places = items.BY_MERCHANT, [webhook_items.deliveries_of(merchant, n) for n in shards]
        else:
            index = items.BY_STATUS
            places = [webhook_items.deliveries_in(merchant, status, n) for n in shards]
        page = self._newest(index, places, window)
        found = map(webhook_items.to_delivery, self._read(page))
        # What the index said may have changed since.
        return Page([delivery for delivery in found if status in (None, delivery.status)], page.last)

    def due_deliveries(self, now: int, limit: int) -> list[str]:
        """A Query a shard."""
        found = self._due(webhook_items.due_in, now, limit)
        return [webhook_items.delivery_of(values["pk"], values["sk"]) for values in found]

    def keep(self, changed: Endpoint | Delivery, record: Record, now: int) -> Record | None:
        """One TransactWriteItems."""
        claimed = Put(items.record_item(record), NEW_OR_EXPIRED, {":now": now})
        token = f"{record.attempt}-keep"
        found = write(self.client, self.name, token, [claimed, _put(changed)], sleep=self.sleep)
        return items.to_record(found) if found else None

    def put(self, changed: Endpoint | Delivery) -> bool:
        """One PutItem."""
        request = _put(changed).request(self.name)["Put"]
        del request["ReturnValuesOnConditionCheckFailure"]  # of no use, and read units are paid for it
        try:
            with transient_as_unavailable():
                self.client.put_item(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _get(self, key: Mapping[str, object]) -> Mapping[str, Any] | None:
        with transient_as_unavailable():
            found = self.client.get_item(TableName=self.name, Key=to_item(key), ConsistentRead=True)
        return from_item(found["Item"]) if "Item" in found else None


def _put(changed: Endpoint | Delivery) -> Put:
    item = (
        webhook_items.endpoint_item(changed)
        if isinstance(changed, Endpoint)
        else webhook_items.delivery_item(changed)
    )
    before = changed.version - 1
    return Put(item, UNCHANGED, {":before": before}) if before else Put(item, NEW)
