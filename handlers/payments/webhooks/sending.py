"""Sending of webhooks: deliveries of an event and their attempts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from payments.changes import Event
from payments.formats import Clock, epoch, event_and_endpoint, to_json
from payments.ports import every_item
from payments.telemetry import Log, Metrics
from payments.webhooks.delivery import GONE, Delivery, Jitter, Response, new_delivery
from payments.webhooks.endpoint import Endpoint
from payments.webhooks.signature import headers
from payments.webhooks.store import WebhookStore

type Post = Callable[[str, Mapping[str, str], bytes], Response]
"""Posts a body to a URL with headers; failures of the receiver are responses, not exceptions."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Represents a delivery whose next attempt is leased to this process."""

    delivery: Delivery
    endpoint: Endpoint
    event: Event


class NoSuchEvent(ValueError):
    """Reports a message with an event or a delivery that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSending:
    """Leases and makes attempts. Leases are stored first, so that a repeated message sends nothing twice."""

    webhooks: WebhookStore
    post: Post
    clock: Clock
    jitter: Jitter
    log: Log
    metrics: Metrics

    def lease_event(self, event_id: str) -> list[Attempt]:
        """Leases the first attempts at all endpoints that subscribe to the event."""
        event = self.webhooks.event(event_id)
        if event is None:
            raise NoSuchEvent(event_id)
        moment = self.clock()
        attempts = [
            Attempt(new_delivery(event, endpoint, moment).started(epoch(moment)), endpoint, event)
            for endpoint in every_item(partial(self.webhooks.endpoints, event.merchant))
            if endpoint.subscribes_to(event.type)
        ]
        return [attempt for attempt in attempts if self.webhooks.put(attempt.delivery)]

    def lease_delivery(self, delivery_id: str) -> list[Attempt]:
        """Leases the next attempt of a delivery if it is due."""
        delivery = self.webhooks.delivery(delivery_id)
        if delivery is None:
            raise NoSuchEvent(delivery_id)
        now = epoch(self.clock())
        if not delivery.may_start(now):
            return []
        event = self.webhooks.event(event_and_endpoint(delivery_id)[0])
        endpoint = self.webhooks.endpoint(delivery.merchant, delivery.endpoint)
        if event is None or endpoint is None or not endpoint.enabled:
            self.webhooks.put(delivery.given_up("endpoint_disabled"))
            return []
        started = delivery.started(now)
        return [Attempt(started, endpoint, event)] if self.webhooks.put(started) else []

    def send(self, attempt: Attempt) -> None:
        """Sends an attempt and stores its result; without a result it is repeated after its lease."""
        delivery, endpoint = attempt.delivery, attempt.endpoint
        body = to_json(attempt.event.view()).encode()
        now = epoch(self.clock())
        signed = headers(delivery.id, now, body, endpoint.secrets_in_force(now))
        response = self.post(endpoint.url, signed, body)
        after = delivery.ended(response, epoch(self.clock()), self.jitter)
        self.webhooks.put(after)
        if response.status == GONE:
            self.webhooks.put(endpoint.disabled(self.clock()))
        self.metrics.put("WebhookAttempts", 1, "Count", Outcome=after.status)
        self.log.info(
            "webhook sent" if response.good else "webhook not delivered",
            delivery=delivery.id,
            event=delivery.event,
            endpoint=endpoint.id,
            merchant=delivery.merchant,
            attempts=delivery.attempts,
            status=response.status or 0,
            code=response.error or after.status,
        )
