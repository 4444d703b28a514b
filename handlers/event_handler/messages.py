"""A batch of messages in, the ones that failed out: each message stands or falls alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payments.audit import AuditObject, Poison, audit_object
from payments.logs import Log


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Handles SQS batches; `keep` says whether it wrote the object or found it there."""

    keep: Callable[[AuditObject], bool]
    log: Log

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
        """ReportBatchItemFailures: what is named here comes again, in the end as a dead letter."""
        failed = [message["messageId"] for message in event["Records"] if not self._handled(message)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _handled(self, message: Mapping[str, Any]) -> bool:
        message_id = message["messageId"]
        try:
            audit = audit_object(message["body"])
            written = self.keep(audit)
        except Poison as poison:
            self.log.error("poison message", poison, message_id=message_id)
            return False
        except Exception as failure:
            self.log.error("event not kept", failure, message_id=message_id)
            return False
        self.log.info(
            "event kept",
            message_id=message_id,
            event=audit.event,
            payment=audit.payment,
            replayed=not written,
        )
        return True
