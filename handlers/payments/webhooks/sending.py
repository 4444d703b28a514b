"""From an event to its deliveries, and from a delivery to an attempt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payments import json_text
from payments.changes import Event
from payments.ids import delivered
from payments.logs import Log
from payments.metrics import Metrics
from payments.times import Clock, epoch
from payments.webhooks.delivery import GONE, Answered, Delivery, Jitter, addressed
from payments.webhooks.endpoint import Endpoint
from payments.webhooks.signature import headers
from payments.webhooks.store import Webhooks, every_endpoint

type Post = Callable[[str, Mapping[str, str], bytes], Answered]
"""Sends a body to a URL with these headers; never raises for what the other side does."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A delivery whose next attempt is leased to us."""

    delivery: Delivery
    endpoint: Endpoint
    event: Event


class NoSuchEvent(ValueError):
    """A message names an event or a delivery that never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Every attempt is written before it is made: repeated and late messages find it, and make no other."""

    webhooks: Webhooks
    post: Post
    clock: Clock
    jitter: Jitter
    log: Log
    metrics: Metrics

    def of_event(self, event_id: str) -> list[Attempt]:
        """First attempts to all endpoints of the merchant that want the event and have not been tried."""
        event = self.webhooks.event(event_id)
        if event is None:
            raise NoSuchEvent(event_id)
        moment = self.clock()
        wanting = [e for e in every_endpoint(self.webhooks, event.merchant) if e.wants(event.type)]
        begun = [(addressed(event, endpoint, moment).begun(epoch(moment)), endpoint) for endpoint in wanting]
        return [
            Attempt(delivery, endpoint, event) for delivery, endpoint in begun if self.webhooks.put(delivery)
        ]

    def of_delivery(self, delivery_id: str) -> list[Attempt]:
        """The next attempt of a delivery, if it is due."""
        delivery = self.webhooks.delivery(delivery_id)
        if delivery is None:
            raise NoSuchEvent(delivery_id)
        now = epoch(self.clock())
        if not delivery.may_begin(now):
            return []
        event = self.webhooks.event(delivered(delivery_id)[0])
        endpoint = self.webhooks.endpoint(delivery.merchant, delivery.endpoint)
        if event is None or endpoint is None or not endpoint.enabled:
            self.webhooks.put(delivery.given_up("endpoint_disabled"))
            return []
        begun = delivery.begun(now)
        return [Attempt(begun, endpoint, event)] if self.webhooks.put(begun) else []

    def make(self, attempt: Attempt) -> None:
        """Send, and write what came of it. What cannot be written is tried again when its lease ends."""
        delivery, endpoint = attempt.delivery, attempt.endpoint
        body = json_text.write(attempt.event.view()).encode()
        now = epoch(self.clock())
        signed = headers(delivery.id, now, body, endpoint.signing(now))
        answered = self.post(endpoint.url, signed, body)
        after = delivery.ended(answered, epoch(self.clock()), self.jitter)
        self.webhooks.put(after)
        if answered.status == GONE:
            self.webhooks.put(endpoint.disabled(self.clock()))
        self.metrics.put("WebhookAttempts", 1, "Count", Outcome=after.status)
        self.log.info(
            "webhook sent" if answered.good else "webhook not delivered",
            delivery=delivery.id,
            event=delivery.event,
            endpoint=endpoint.id,
            merchant=delivery.merchant,
            attempts=delivery.attempts,
            status=answered.status or 0,
            code=answered.error or after.status,
        )
