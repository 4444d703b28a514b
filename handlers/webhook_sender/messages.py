"""A batch of messages in, the ones that failed out; what they ask for is sent side by side."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from payments import json_text
from payments.audit import Poison, audit_object
from payments.ids import DELIVERY_ID
from payments.logs import Log
from payments.webhooks.sending import Attempt, NoSuchEvent, Sending

# Slow endpoints of one merchant hold up nobody else's: ten events to sixteen endpoints each, all of which
# hang, take four times as long as one does.
AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Handles SQS batches of two kinds: events as EventBridge delivers them, and `{"delivery": "wd_…"}`."""

    sending: Sending
    log: Log

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
        """ReportBatchItemFailures: what is named here comes again, in the end as a dead letter.

        A message is done once its attempts are written down: from then on the table knows what is to do.
        """
        attempts: list[Attempt] = []
        failed: list[str] = []
        for message in event["Records"]:
            try:
                attempts += self.asked(message["body"])
            except (Poison, NoSuchEvent) as poison:
                self.log.error("poison message", poison, message_id=message["messageId"])
                failed.append(message["messageId"])
            except Exception as failure:
                self.log.error("message not handled", failure, message_id=message["messageId"])
                failed.append(message["messageId"])
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for attempt, made in [(one, threads.submit(self.sending.make, one)) for one in attempts]:
                if cause := made.exception():
                    self.log.error("attempt not written", cause, delivery=attempt.delivery.id)
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def asked(self, body: str) -> list[Attempt]:
        """The attempts that a message asks for, leased. Raises Poison, NoSuchEvent."""
        try:
            asked = json_text.read(body)
        except json_text.Malformed:
            raise Poison("not JSON") from None
        if isinstance(asked, dict) and asked.keys() == {"delivery"}:
            if not DELIVERY_ID.fullmatch(str(asked["delivery"])):
                raise Poison("not a delivery of ours")
            return self.sending.of_delivery(asked["delivery"])
        return self.sending.of_event(audit_object(body).event)
