"""Processing of webhook messages from SQS; the attempts of a batch are sent concurrently."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from payments.audit import Poison, audit_object
from payments.formats import DELIVERY_ID, MalformedJson, from_json
from payments.telemetry import Log
from payments.webhooks.sending import Attempt, NoSuchEvent, WebhookSending

# Slow endpoints of one merchant must not delay others: ten events for sixteen hanging endpoints each take
# four times as long as one attempt.
CONCURRENCY = 40


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Handles SQS batches of two kinds: events as EventBridge delivers them, and `{"delivery": "wd_…"}`."""

    sending: WebhookSending
    log: Log

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
        """Returns the failed messages (ReportBatchItemFailures); SQS repeats or dead-letters them.

        A message has succeeded once its attempts are leased: the sweeper repeats attempts without a result.
        """
        attempts: list[Attempt] = []
        failed: list[str] = []
        for message in event["Records"]:
            try:
                attempts += self.lease(message["body"])
            except Exception as failure:
                poison = isinstance(failure, Poison | NoSuchEvent)
                reason = "poison message" if poison else "message not handled"
                self.log.error(reason, failure, message_id=message["messageId"])
                failed.append(message["messageId"])
        with ThreadPoolExecutor(CONCURRENCY) as threads:
            for attempt, sent in [(one, threads.submit(self.sending.send, one)) for one in attempts]:
                if cause := sent.exception():
                    self.log.error("attempt not stored", cause, delivery=attempt.delivery.id)
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def lease(self, body: str) -> list[Attempt]:
        """Leases the attempts of a message. Raises Poison, NoSuchEvent."""
        try:
            message = from_json(body)
        except MalformedJson:
            raise Poison("not JSON") from None
        if isinstance(message, dict) and message.keys() == {"delivery"}:
            if not DELIVERY_ID.fullmatch(str(message["delivery"])):
                raise Poison("not the id of a delivery")
            return self.sending.lease_delivery(message["delivery"])
        return self.sending.lease_event(audit_object(body).event)
