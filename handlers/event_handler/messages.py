"""Storage of event messages from SQS; each message of a batch succeeds or fails alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payments.audit import AuditObject, Poison, audit_object
from payments.telemetry import Log


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Handles SQS batches; `store` returns False if the object exists already."""

    store: Callable[[AuditObject], bool]
    log: Log

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
        """Returns the failed messages (ReportBatchItemFailures); SQS repeats or dead-letters them."""
        failed = [message["messageId"] for message in event["Records"] if not self._handled(message)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _handled(self, message: Mapping[str, Any]) -> bool:
        message_id = message["messageId"]
        try:
            audit = audit_object(message["body"])
            written = self.store(audit)
        except Exception as failure:
            reason = "poison message" if isinstance(failure, Poison) else "event not stored"
            self.log.error(reason, failure, message_id=message_id)
            return False
        self.log.info(
            "event stored",
            message_id=message_id,
            event=audit.event,
            payment=audit.payment,
            replayed=not written,
        )
        return True
