"""The outbox: from the table's stream to the bus."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.pipes_pipe import (
    PipesPipe,
    PipesPipeSourceParameters,
    PipesPipeSourceParametersDynamodbStreamParameters,
    PipesPipeSourceParametersDynamodbStreamParametersDeadLetterConfig,
    PipesPipeSourceParametersFilterCriteria,
    PipesPipeSourceParametersFilterCriteriaFilter,
    PipesPipeTargetParameters,
    PipesPipeTargetParametersEventbridgeEventBusParameters,
)
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.messaging.event_bus import EventBus
from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.security.role import Role
from constructs_lib.payments.table import Table

RECORD = "$.dynamodb.NewImage"
STRINGS = ("id", "type", "merchant", "payment", "created", "data")
NUMBERS = ("sequence",)
# A day's worth of attempts at the stream's own retry rhythm; after that the record is set aside, alone.
MAX_ATTEMPTS = 185
BATCH = 10  # what one PutEvents call takes


class Outbox(Construct):
    """Every event item written to the table is put on the bus, in order per payment, by a pipe.

    The commit that writes a payment writes its event item too, so nothing can be committed and not told.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        table: Table,
        bus: EventBus,
        dead_letters: DeadLetterQueue,
        account: Account,
    ) -> None:
        super().__init__(scope, id)
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
            source_parameters=PipesPipeSourceParameters(
                filter_criteria=PipesPipeSourceParametersFilterCriteria(
                    filter=[PipesPipeSourceParametersFilterCriteriaFilter(pattern=json.dumps(NEW_EVENTS))]
                ),
                dynamodb_stream_parameters=PipesPipeSourceParametersDynamodbStreamParameters(
                    starting_position="TRIM_HORIZON",
                    batch_size=BATCH,
                    maximum_retry_attempts=MAX_ATTEMPTS,
                    on_partial_batch_item_failure="AUTOMATIC_BISECT",
                    dead_letter_config=PipesPipeSourceParametersDynamodbStreamParametersDeadLetterConfig(
                        arn=dead_letters.arn
                    ),
                ),
            ),
            target=bus.arn,
            target_parameters=PipesPipeTargetParameters(
                eventbridge_event_bus_parameters=PipesPipeTargetParametersEventbridgeEventBusParameters(
                    source=bus.source, detail_type=f"{RECORD}.type.S"
                ),
                input_template=_template(),
            ),
            depends_on=[role.policy],
        )


NEW_EVENTS = {
    "eventName": ["INSERT"],
    "dynamodb": {"NewImage": {"entity": {"S": ["event"]}}},
}


def _template() -> str:
    # A pipe quotes the strings that it fills in, and leaves what DynamoDB calls a number as a string too:
    # consumers read `sequence` with int().
    fields = [f'"{name}": <{RECORD}.{name}.S>' for name in STRINGS]
    fields += [f'"{name}": <{RECORD}.{name}.N>' for name in NUMBERS]
    return "{" + ", ".join(fields) + "}"
