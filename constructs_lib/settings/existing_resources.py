"""Settings of existing resources that the stack uses, and never creates, changes or destroys."""

from dataclasses import dataclass
from typing import Annotated

from constructs_lib.settings.reader import ListOf, Text

ID = "[0-9a-f]{8}([0-9a-f]{9})?"
VPC = Text(f"vpc-{ID}", 'the id of a VPC such as "vpc-0123456789abcdef0"')
SUBNET = Text(f"subnet-{ID}", 'the id of a subnet such as "subnet-0123456789abcdef0"')
KEY = Text(
    "arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-)?[0-9a-f-]+",
    "the ARN of a KMS key, not of an alias: an alias may point to another key tomorrow",
)
TOPIC = Text(
    "arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}", "the ARN of a standard SNS topic"
)
BUCKET = Text("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket")
DETECTOR = Text("[0-9a-f]{32}", "the id of a GuardDuty detector, 32 hexadecimal digits")

EVENTS = "events.amazonaws.com"
LOGS = "logs"  # its principal contains the region; other services have one principal for all regions
# Services that publish to each topic. The policy of an existing topic must allow them.
PUBLISHERS = {
    "cost": ("budgets.amazonaws.com", "costalerts.amazonaws.com"),
    "ops": ("cloudwatch.amazonaws.com", EVENTS),
    "security": (EVENTS,),
}


@dataclass(frozen=True, slots=True)
class UsedTopics:
    """Lists ARNs of existing topics. Their owner manages the subscriptions."""

    cost: Annotated[str | None, TOPIC] = None
    ops: Annotated[str | None, TOPIC] = None
    security: Annotated[str | None, TOPIC] = None


@dataclass(frozen=True, slots=True)
class UseSettings:
    """Lists existing resources that replace created ones."""

    # Functions and machines run in the private subnets; the settings of [network] do not apply.
    vpc: Annotated[str | None, VPC] = None
    private_subnets: Annotated[tuple[str, ...], ListOf(SUBNET)] = ()
    # Its owner manages its policy, which is checked before a plan.
    key: Annotated[str | None, KEY] = None
    # Bucket for access logs of the stack's buckets; without it there are no access logs.
    log_bucket: Annotated[str | None, BUCKET] = None
    # For security.guard_duty = "existing". By default the detector of the account and region is used.
    detector: Annotated[str | None, DETECTOR] = None
    topics: UsedTopics = UsedTopics()


def key_services(region: str, topics: UsedTopics) -> dict[str, str]:
    """Returns the purpose of each AWS service that the key policy must allow.

    Roles use the key by IAM policies of the account. Publishers of existing topics are left to their owners.
    """
    needed = {f"{LOGS}.{region}.amazonaws.com": "log groups", EVENTS: "queues"}
    for topic, services in PUBLISHERS.items():
        if getattr(topics, topic) is None:
            for service in services:
                needed.setdefault(service, f"the {topic} topic")
    return needed
