"""What there is to watch in an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.api.web_acl import WebAcl
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.messaging.event_bus import EventBus, EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.messaging.stream_pipe import StreamPipe
from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.aws.storage.table import Table

AUTHORIZER, ROTATION = "authorizer", "rotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredResources:
    """Everything whose metrics and logs alarms and dashboards read.

    Keys become parts of the names of alarms. `functions` has at least payment-processor, authorizer,
    event-handler and rotation, `queues` at least queue. `fleet` is the name of an Auto Scaling group that
    collects GroupInServiceInstances. An existing network has its flow logs elsewhere.
    """

    environment: str
    api: RestApi
    web_acl: WebAcl
    functions: Mapping[str, Function]
    table: Table
    audit: PrivateBucket
    outbox: StreamPipe
    bus: EventBus
    payment_events: EventRule
    queues: Mapping[str, Queue]
    undelivered: DeadLetterQueue
    network: AnyNetwork
    fleet: str
    fleet_logs: LogGroup
    access_logs: LogGroup
    flow_logs: LogGroup | None
    web_acl_logs: LogGroup
    log_groups: Mapping[str, LogGroup]

    @property
    def dead_letters(self) -> dict[str, DeadLetterQueue]:
        own = {name: queue.dead_letters for name, queue in self.queues.items()}
        return {**own, "undelivered": self.undelivered}
