"""EventBridge pipes from table streams to event buses."""

import json
from collections.abc import Mapping
from typing import Any

from cdktf_cdktf_provider_aws.pipes_pipe import PipesPipe, PipesPipeSourceParametersFilterCriteriaFilter
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.messaging.event_bus import EventBus
from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.security.role import Role
from constructs_lib.aws.storage.table import Table

MAX_ATTEMPTS = 185  # about a day, with the intervals at which a pipe retries a stream
BATCH = 10  # entries of one PutEvents call


class StreamPipe(Construct):
    """Creates a pipe, with its role, that puts items of a table's stream on an event bus.

    It keeps the order of changes of one partition key. A record that fails for about a day is isolated by
    bisection and goes to the dead-letter queue.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        table: Table,
        pattern: Mapping[str, Any],
        bus: EventBus,
        detail_type: str,
        detail: str,
        dead_letters: DeadLetterQueue,
        account: Account,
    ) -> None:
        """Filters stream records by `pattern`, as rules of EventBridge filter events.

        `detail_type` is a JSON path in the record, and `detail` a JSON template with paths in angle brackets
        (EventBridge user guide, "Amazon EventBridge Pipes input transformation").
        """
        super().__init__(scope, id)
        events = PipesPipeSourceParametersFilterCriteriaFilter(pattern=json.dumps(dict(pattern)))
        role = Role(
            self,
            "Role",
            name=name,
            service="pipes.amazonaws.com",
            conditions={
                "StringEquals": {
                    "aws:SourceAccount": account.id,
                    "aws:SourceArn": account.arn("pipes", f"pipe/{name}"),
                }
            },
        )
        table.grant_stream_read(role)
        bus.grant_put_events(role)
        dead_letters.grant_send(role)
        self.resource = PipesPipe(
            self,
            "Resource",
            name=name,
            role_arn=role.arn,
            source=table.stream_arn,
            source_parameters={
                "filter_criteria": {"filter": [events]},
                "dynamodb_stream_parameters": {
                    "starting_position": "TRIM_HORIZON",
                    "batch_size": BATCH,
                    "maximum_retry_attempts": MAX_ATTEMPTS,
                    "on_partial_batch_item_failure": "AUTOMATIC_BISECT",
                    "dead_letter_config": {"arn": dead_letters.arn},
                },
            },
            target=bus.arn,
            target_parameters={
                "eventbridge_event_bus_parameters": {"source": bus.source, "detail_type": detail_type},
                "input_template": detail,
            },
            depends_on=[role.policy],
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
