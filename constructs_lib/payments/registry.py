"""Registry of the functions and queues of the payment system.

The alarms, dashboard rows, choices of `payctl dlq`, parameters, outputs and start test of a function or queue
follow from its entry. Imports nothing slow, because commands import it.

A new queue with its function takes six files: handlers/<function>/app.py and its test, the entries here, the
function's permissions in components/functions.py; for tests permissions.toml, and addresses.json, which
`python -m tests.constructs_lib.payments.addresses` writes.
"""

import re
from typing import NamedTuple

FLEET = "fleet"  # the consumer that is no function: workers on machines
UNDELIVERED = "undelivered"  # dead-letter queue of what AWS services could not deliver


class FunctionEntry(NamedTuple):
    """Represents one Lambda function. `purpose` completes "the function that …"."""

    id: str  # of the construct: part of Terraform addresses, so it stays
    purpose: str

    @property
    def name(self) -> str:
        """Returns the name without the environment: `EventHandler` gives `event-handler`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.id).lower()

    @property
    def package(self) -> str:
        """Returns the folder in handlers/."""
        return self.name.replace("-", "_")


class QueueEntry(NamedTuple):
    """Represents one SQS queue and its dead-letter queue."""

    id: str  # of the construct: part of Terraform addresses, so it stays
    name: str
    content: str
    consumer: str  # name of a function, or FLEET
    receives_events: bool  # True if a rule of the event bus sends every payment event to it

    @property
    def consumer_logs(self) -> str:
        """Returns the name of the consumer's log group, with `{prefix}` for that of the environment."""
        service = "ec2" if self.consumer == FLEET else "lambda"
        return f"/aws/{service}/{{prefix}}-{self.consumer}"


FUNCTIONS = {
    entry.name: entry
    for entry in (
        FunctionEntry("PaymentProcessor", "answers the API"),
        FunctionEntry("Authorizer", "authenticates API keys"),
        FunctionEntry("EventHandler", "archives payment events in the audit bucket"),
        FunctionEntry("Sweeper", "completes payments with an unknown outcome and queues due webhooks"),
        FunctionEntry("WebhookSender", "delivers webhooks to merchant endpoints"),
        FunctionEntry("Rotation", "rotates the pepper"),
    )
}
QUEUES = {
    entry.name: entry
    for entry in (
        QueueEntry("Queue", "payment-events", "payment events to archive", "event-handler", True),
        QueueEntry("Settlements", "settlements", "settlement jobs for the workers", FLEET, False),
        QueueEntry("Webhooks", "webhooks", "webhooks to deliver", "webhook-sender", True),
    )
}
