"""Events: the bus, its archive, its rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudwatch_event_archive import CloudwatchEventArchive
from cdktf_cdktf_provider_aws.cloudwatch_event_bus import CloudwatchEventBus
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetDeadLetterConfig,
    CloudwatchEventTargetRetryPolicy,
)
from constructs import Construct

from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.aws.security.iam import BUS_PUT_EVENTS, Grantee, Statement

EVENTS = "events.amazonaws.com"
DEFAULT_BUS = "default"
MAX_AGE = timedelta(hours=24)  # the longest that EventBridge tries to deliver
MAX_ATTEMPTS = 185  # the most that it tries


class EventBus(Construct):
    """A bus whose events are archived, so that they can be replayed."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, source: str, archive_retention: timedelta
    ) -> None:
        """`source`: of the events that the archive keeps."""
        super().__init__(scope, id)
        self.source = source
        self.resource = CloudwatchEventBus(self, "Resource", name=name)
        CloudwatchEventArchive(
            self,
            "Archive",
            name=name,
            event_source_arn=self.arn,
            event_pattern=Fn.jsonencode({"source": [source]}),
            retention_days=archive_retention.days,
        )

    @property
    def arn(self) -> str:
        return self.resource.arn

    @property
    def name(self) -> str:
        return self.resource.name

    def grant_put_events(self, grantee: Grantee) -> None:
        """Allows to put events on the bus. Action: events:PutEvents."""
        grantee.allow(Statement(actions=BUS_PUT_EVENTS, resources=[self.arn]))


class EventRule(Construct):
    """What happens to the events of a bus that match a pattern.

    Without a bus it is the account's default one, where AWS services put their own events.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        pattern: Mapping[str, Any],
        dead_letters: DeadLetterQueue,
        bus: EventBus | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._bus = bus.name if bus else DEFAULT_BUS
        self._dead_letters = dead_letters
        self.resource = CloudwatchEventRule(
            self,
            "Resource",
            name=name,
            description=description,
            event_bus_name=self._bus,
            event_pattern=Fn.jsonencode(dict(pattern)),
        )
        dead_letters.allow_send(service=EVENTS, source_arn=self.resource.arn)

    def send_to_queue(self, id: str, queue: Queue) -> None:
        """Deliver to a queue; what cannot be delivered within a day goes to the rule's dead-letter queue.

        `id`: of the target in the rule, which AWS replaces under another one, and delivers nothing meanwhile.
        """
        queue.allow_send(service=EVENTS, source_arn=self.resource.arn)
        self._send(id, queue.arn)

    def send_to_topic(self, id: str, topic: AnyTopic) -> None:
        """Publish to a topic that admits event rules; what cannot be delivered goes as with a queue."""
        self._send(id, topic.arn)

    def _send(self, id: str, arn: str) -> None:
        CloudwatchEventTarget(
            self,
            id,
            target_id=id.lower(),
            rule=self.resource.name,
            event_bus_name=self._bus,
            arn=arn,
            retry_policy=CloudwatchEventTargetRetryPolicy(
                maximum_event_age_in_seconds=int(MAX_AGE.total_seconds()),
                maximum_retry_attempts=MAX_ATTEMPTS,
            ),
            dead_letter_config=CloudwatchEventTargetDeadLetterConfig(arn=self._dead_letters.arn),
        )
