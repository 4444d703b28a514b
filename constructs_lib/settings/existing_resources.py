"""What there is already in an estate: `use` refers to it, and never makes, changes or destroys it."""

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
LOGS = "logs"  # followed by the region and AWS's domain, where other services have one name for all regions
# Topic: the services that publish to it. A topic of ours admits them; an existing one has to already.
PUBLISHERS = {
    "cost": ("budgets.amazonaws.com", "costalerts.amazonaws.com"),
    "ops": ("cloudwatch.amazonaws.com", EVENTS),
    "security": (EVENTS,),
}


@dataclass(frozen=True, slots=True)
class UsedTopics:
    """ARNs of topics in the place of those that would be made. Who is told is up to their owner."""

    cost: Annotated[str | None, TOPIC] = None
    ops: Annotated[str | None, TOPIC] = None
    security: Annotated[str | None, TOPIC] = None


@dataclass(frozen=True, slots=True)
class UseSettings:
    # Functions and machines go into the private subnets; settings under [network] are then not asked.
    vpc: Annotated[str | None, VPC] = None
    private_subnets: Annotated[tuple[str, ...], ListOf(SUBNET)] = ()
    # Its policy is its owner's: what it has to admit is checked before anything is planned.
    key: Annotated[str | None, KEY] = None
    # Where S3 writes who accessed our buckets; without it S3 writes that nowhere.
    log_bucket: Annotated[str | None, BUCKET] = None
    # With security.guard_duty = "existing": this one, where otherwise any of the account and region will do.
    detector: Annotated[str | None, DETECTOR] = None
    topics: UsedTopics = UsedTopics()


def key_services(region: str, topics: UsedTopics) -> dict[str, str]:
    """The services that use the key by themselves, and for what; roles use it as the account lets them.

    `topics`: those that exist, whose publishers are their owner's business.
    """
    needed = {f"{LOGS}.{region}.amazonaws.com": "log groups", EVENTS: "queues"}
    for topic, services in PUBLISHERS.items():
        if getattr(topics, topic) is None:
            for service in services:
                needed.setdefault(service, f"the {topic} topic")
    return needed
