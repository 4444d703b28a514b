"""The layout of webhooks in the table; for payments see items."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from payments.adapters.items import event_key, fields, shard
from payments.ids import delivered, delivery_id, event_id
from payments.webhooks.delivery import Delivery, DeliveryStatus
from payments.webhooks.endpoint import Endpoint, EndpointStatus, Secret


def endpoints_of(merchant: str) -> str:
    """The partition of a merchant's endpoints."""
    return f"WEBHOOKS#{merchant}"


def endpoint_key(merchant: str, endpoint_id: str) -> dict[str, object]:
    """Where an endpoint is: the order of ids is that of creation."""
    return {"pk": endpoints_of(merchant), "sk": f"ENDPOINT#{endpoint_id}"}


def endpoint_item(endpoint: Endpoint) -> dict[str, object]:
    """An endpoint at its new version; a member that is None is left out, for TTL wants numbers."""
    values = {name: value for name, value in asdict(endpoint).items() if value is not None}
    return endpoint_key(endpoint.merchant, endpoint.id) | {"entity": "webhook_endpoint", **values}


def to_endpoint(values: Mapping[str, Any]) -> Endpoint:
    """An endpoint from its item."""
    return Endpoint(
        **fields(Endpoint, values)
        | {
            "status": EndpointStatus(values["status"]),
            "events": tuple(values["events"]),
            "secrets": tuple(Secret(**secret) for secret in values["secrets"]),
        }
    )


def deliveries_of(merchant: str, shard: int) -> str:
    """Where an index lists a shard of a merchant's deliveries."""
    return f"DELIVERIES#{merchant}#{shard}"


def deliveries_in(merchant: str, status: str, shard: int) -> str:
    """The same, of one status."""
    return f"DELIVERIES#{merchant}#{status}#{shard}"


def due_in(shard: int) -> str:
    """Where an index lists a shard of the deliveries whose next attempt has a time."""
    return f"DUE_DELIVERIES#{shard}"


def delivery_key(delivery: str) -> dict[str, object]:
    """Where a delivery is: beside its payment, by the number of its event."""
    event, endpoint = delivered(delivery)
    place = event_key(event)
    return place | {"sk": f"DELIVERY#{str(place['sk']).removeprefix('EVENT#')}#{endpoint}"}


def delivery_of(partition: str, sort: str) -> str:
    """The id of the delivery at a key."""
    _, sequence, endpoint = sort.split("#")
    return delivery_id(event_id(partition.removeprefix("PAYMENT#"), int(sequence)), endpoint)


def delivery_item(delivery: Delivery) -> dict[str, object]:
    """A delivery at its new version."""
    number = shard(delivery.payment)
    return {
        **delivery_key(delivery.id),
        "entity": "webhook_delivery",
        "list_of": deliveries_of(delivery.merchant, number),
        "list_of_status": deliveries_in(delivery.merchant, delivery.status, number),
        "listed": f"{delivery.created}#{delivery.id}",
        **({"due_shard": due_in(number), "due_at": delivery.due} if delivery.due else {}),
        **asdict(delivery),
    }


def to_delivery(values: Mapping[str, Any]) -> Delivery:
    """A delivery from its item."""
    return Delivery(**fields(Delivery, values) | {"status": DeliveryStatus(values["status"])})
