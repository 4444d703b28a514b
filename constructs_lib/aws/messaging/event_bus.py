"""EventBridge buses with their archives, and rules."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudwatch_event_archive import CloudwatchEventArchive
from cdktf_cdktf_provider_aws.cloudwatch_event_bus import CloudwatchEventBus
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from constructs import Construct

from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.aws.security.iam import Grantee, Statement

EVENTS = "events.amazonaws.com"
DEFAULT_BUS = "default"
LONGEST_RETRY_SECONDS = 24 * 3600  # the limits of EventBridge
MOST_RETRIES = 185


class EventBus(Construct):
    """Creates an event bus, and an archive from which its events can be replayed."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, source: str, archive_retention: timedelta
    ) -> None:
        """The archive keeps events with this `source` for `archive_retention` (whole days)."""
        super().__init__(scope, id)
        self.source = source
        self.resource = CloudwatchEventBus(self, "Resource", name=name)
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        CloudwatchEventArchive(
            self,
            "Archive",
            name=name,
            event_source_arn=self.arn,
            event_pattern=Fn.jsonencode({"source": [source]}),
            retention_days=archive_retention.days,
        )

    def grant_put_events(self, grantee: Grantee) -> None:
        """Allows the grantee to put events on the bus. Actions: events:PutEvents."""
        grantee.allow(Statement(actions=["events:PutEvents"], resources=[self.arn]))


class EventRule(Construct):
    """Creates a rule for the events of a bus that match a pattern.

    Without a bus it is the default one of the account, to which AWS services send their own events. Events
    that a target does not accept within 24 hours go to the dead-letter queue.
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
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        dead_letters.allow_send(service=EVENTS, source_arn=self.arn)

    def send_to_queue(self, id: str, queue: Queue) -> None:
        """Sends the events to a queue, and allows that in its queue policy.

        `id` identifies the target in the rule. AWS replaces a target with another id, and loses events
        meanwhile.
        """
        queue.allow_send(service=EVENTS, source_arn=self.arn)
        self._send(id, queue.arn)

    def send_to_topic(self, id: str, topic: AnyTopic) -> None:
        """Sends the events to a topic whose policy admits EventBridge; `id` as for queues."""
        self._send(id, topic.arn)

    def _send(self, id: str, arn: str) -> None:
        CloudwatchEventTarget(
            self,
            id,
            target_id=id.lower(),
            rule=self.name,
            event_bus_name=self._bus,
            arn=arn,
            retry_policy={
                "maximum_event_age_in_seconds": LONGEST_RETRY_SECONDS,
                "maximum_retry_attempts": MOST_RETRIES,
            },
            dead_letter_config={"arn": self._dead_letters.arn},
        )
