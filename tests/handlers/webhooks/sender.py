"""A webhook sender over the ports of a world, and its messages."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from payments.telemetry import Log
from payments.webhooks.sending import WebhookSending
from sweeper.sweep import Sweep
from tests.handlers.support import World, listed, post
from tests.handlers.webhooks.memory import Receivers
from webhook_sender.messages import WebhookSender

URL = "https://hooks.example.com/payments"


class LambdaContext:
    """Represents a Lambda context with a minute left."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class Sender:
    """Represents the sender of a world, its receivers and the sweeps that queue due deliveries."""

    world: World
    receivers: Receivers = field(default_factory=Receivers)
    queue: list[str] = field(default_factory=list)

    @property
    def handler(self) -> WebhookSender:
        log = Log("INFO", self.world.time, self.world.lines.append)
        sending = WebhookSending(
            webhooks=self.world.webhooks,
            post=self.receivers,
            clock=self.world.time,
            jitter=lambda least, most: (least + most) / 2,
            log=log,
            metrics=self.world.metrics,
        )
        return WebhookSender(sending, log)

    def receive(self, bodies: Sequence[str]) -> list[str]:
        """Returns the failed bodies."""
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
        answer = self.handler({"Records": records}, None)
        return [bodies[int(failure["itemIdentifier"])] for failure in answer["batchItemFailures"]]

    def sweep(self) -> int:
        """Sends due deliveries and returns how many there were."""
        queued: list[str] = []

        def send(deliveries: Sequence[str]) -> int:
            queued.extend(json.dumps({"delivery": delivery}) for delivery in deliveries)
            return len(deliveries)

        webhook_store = self.world.webhooks
        sweep = Sweep(
            due_payments=lambda now, limit: [],
            settle=lambda payment: None,
            due_deliveries=webhook_store.due_deliveries,
            queue=send,
            clock=self.world.time,
            log=Log("INFO", self.world.time, self.world.lines.append),
        )
        assert sweep({}, LambdaContext())["queued"] == len(queued)
        self.receive(queued)
        return len(queued)

    def sweep_to_the_end(self) -> None:
        """Sweeps whenever the next delivery is due, until none is left."""
        webhook_store, end = self.world.webhooks, 2**40
        while due := [webhook_store.delivery(found) for found in webhook_store.due_deliveries(end, 1)]:
            assert due[0] is not None
            assert due[0].due is not None
            self.world.time.forward(max(0, due[0].due - int(self.world.time().timestamp())))
            self.sweep()


def event_messages(world: World) -> list[str]:
    """Returns a message for each event of the newest payment, which is created if there is none."""
    data = world.send(listed("/v1/payments"))["json"]["data"]
    payment = data[0]["id"] if data else world.create()["json"]["id"]
    events = world.send(listed("/v1/events", payment=payment))["json"]["data"]
    return [json.dumps({"detail": event | {"data": json.dumps(event["data"])}}) for event in events[::-1]]


def endpoint(world: World, *events: str, url: str = URL, key: str = "key") -> dict[str, Any]:
    body = {"url": url, "events": list(events) or ["*"]}
    made: dict[str, Any] = world.send(post(body, key, route="/v1/webhook_endpoints"))["json"]
    return made
