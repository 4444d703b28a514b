"""The outbox: the pipe from the payments table to the event bus."""

from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.messaging.event_bus import EventBus
from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.messaging.stream_pipe import StreamPipe
from constructs_lib.aws.storage.table import Table

RECORD = "$.dynamodb.NewImage"
NEW_EVENTS = {
    "eventName": ["INSERT"],
    "dynamodb": {"NewImage": {"entity": {"S": ["event"]}}},
}
STRINGS = ("id", "type", "merchant", "payment", "created", "data")
NUMBERS = ("sequence",)


class Outbox(StreamPipe):
    """Puts every event item of the payments table on the bus, in order for each payment.

    A payment and its event items are written in one transaction, so every committed change produces an event.
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
        # A pipe quotes strings itself, and keeps numbers of DynamoDB as strings: consumers parse `sequence`.
        fields = [f'"{name}": <{RECORD}.{name}.S>' for name in STRINGS]
        fields += [f'"{name}": <{RECORD}.{name}.N>' for name in NUMBERS]
        super().__init__(
            scope,
            id,
            name=name,
            table=table,
            pattern=NEW_EVENTS,
            bus=bus,
            detail_type=f"{RECORD}.type.S",
            detail="{" + ", ".join(fields) + "}",
            dead_letters=dead_letters,
            account=account,
        )
