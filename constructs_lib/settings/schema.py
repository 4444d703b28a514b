"""What may be set in an environment: each setting with its limits and its one default.

Defaults are the cheapest that are safe for money. Durations are seconds in a file and timedelta here.
Limits are those of AWS where nothing else is said.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated

from constructs_lib.settings.reader import Flag, ListOf, OneOf, PrivateBlock, Seconds, Text, Whole

ADDRESSES = IPv4Network("10.0.0.0/16")
DAY = 24 * 60 * 60
COUNT = Whole(1, 1_000_000)
ENDPOINT = Text(
    r"[^@\s]+@[^@\s]+\.[^@\s]+|https://\S+|arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+",
    "an email address, an https URL or the ARN of an SQS queue",
)
DOLLARS = Whole(1, 10_000_000)
RETENTION_DAYS = OneOf(  # CloudWatch Logs, PutRetentionPolicy; never expiring costs for ever
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)


class Egress(StrEnum):
    """How private subnets reach the internet."""

    NONE = "none"
    SINGLE_NAT = "single_nat"
    NAT_PER_AZ = "nat_per_az"


class Detector(StrEnum):
    """Who makes GuardDuty's detector, of which an account and region has one."""

    CREATE = "create"
    EXISTING = "existing"
    OFF = "off"


class Gateway(StrEnum):
    """Who moves the money: nobody, deterministically, or Stripe."""

    SIMULATOR = "simulator"
    STRIPE = "stripe"


class LogLevel(StrEnum):
    """The words that both Lambda's logging configuration and Python's logging know."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class AnomalyMonitor(StrEnum):
    """What Cost Explorer watches for unusual costs.

    `environment`: all that has this environment's tag, at once; `account`: each service of the whole account,
    which an account can have only once.
    """

    ENVIRONMENT = "environment"
    ACCOUNT = "account"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class AwsSettings:
    # In the EU, where payers' personal data has to stay (GDPR, chapter V), and with every service of ours.
    region: Annotated[str, Text("[a-z]{2}(-[a-z]+)+-[0-9]", 'a region such as "eu-west-1"')] = "eu-west-1"
    # Where it is named, nothing deploys to any other. A string, because a number loses leading zeros.
    account: Annotated[str | None, Text("[0-9]{12}", "a string of 12 digits")] = None


@dataclass(frozen=True, slots=True)
class StateSettings:
    """Not derived from the account: naming the account later would move the state to an empty bucket."""

    bucket: Annotated[
        str, Text("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 of a-z, 0-9 and dashes between them")
    ] = "payments-terraform-state"
    table: Annotated[
        str, Text("[A-Za-z0-9_.-]{3,255}", "3 to 255 of A-Z, a-z, 0-9, dash, dot and underscore")
    ] = "payments-terraform-locks"


def carve(cidr: IPv4Network, zones: int) -> tuple[tuple[IPv4Network, ...], tuple[IPv4Network, ...]]:
    """Public and private subnets, one a zone, each an eighth of `cidr`; none of a block over /25.

    The first half is for public ones whatever the number of zones, so that a further zone moves no subnet.
    AWS has no subnets smaller than /28.
    """
    eighths = tuple(cidr.subnets(prefixlen_diff=3)) if cidr.prefixlen <= 25 else ()
    return eighths[:zones], eighths[4 : 4 + zones]


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Networks are not connected to each other, so short-lived environments may share dev's addresses.

    Subnets are one a zone; those that the file does not give are carved from `cidr`.
    """

    cidr: Annotated[IPv4Network, PrivateBlock(16, 28)] = ADDRESSES
    zones: Annotated[int, Whole(2, 4)] = 2
    egress: Annotated[Egress, OneOf(Egress)] = Egress.SINGLE_NAT
    public_subnets: Annotated[tuple[IPv4Network, ...], ListOf(PrivateBlock(16, 28))] = ()
    private_subnets: Annotated[tuple[IPv4Network, ...], ListOf(PrivateBlock(16, 28))] = ()
    flow_log_retention_days: Annotated[int, RETENTION_DAYS] = 14

    def __post_init__(self) -> None:
        public, private = carve(self.cidr, self.zones)
        object.__setattr__(self, "public_subnets", self.public_subnets or public)
        object.__setattr__(self, "private_subnets", self.private_subnets or private)


@dataclass(frozen=True, slots=True)
class LambdaSettings:
    memory_mb: Annotated[int, Whole(128, 10_240)] = 512
    # May outlast the 29 s after which API Gateway answers 504: a payment is then not cut off half-way, and
    # the caller's retry with the same key gets its result.
    payment_processor_timeout: Annotated[timedelta, Seconds(1, 900)] = timedelta(seconds=30)
    event_handler_timeout: Annotated[timedelta, Seconds(1, 900)] = timedelta(seconds=60)
    # Runs before those 29 s begin: the caller waits for both.
    authorizer_timeout: Annotated[timedelta, Seconds(1, 29)] = timedelta(seconds=5)
    log_level: Annotated[LogLevel, OneOf(LogLevel)] = LogLevel.INFO


@dataclass(frozen=True, slots=True)
class QueueSettings:
    # Six times the consumer's time-out is what AWS advises.
    visibility_timeout: Annotated[timedelta, Seconds(1, 43_200)] = timedelta(seconds=360)
    max_receives: Annotated[int, Whole(1, 1000)] = 5
    # A dead letter keeps its first date and no queue holds it for over 14 days: a day is left to look at it.
    retention: Annotated[timedelta, Seconds(60, 13 * DAY)] = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class LogsSettings:
    retention_days: Annotated[int, RETENTION_DAYS] = 30


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Requests a second, at once and in a day; the first two limits are an account's quotas."""

    throttle_rate: Annotated[int, Whole(1, 10_000)] = 50
    throttle_burst: Annotated[int, Whole(1, 5_000)] = 100
    quota_per_day: Annotated[int, Whole(1, 1_000_000_000)] = 50_000


@dataclass(frozen=True, slots=True)
class PaymentsSettings:
    # Of one payment, in minor units of its currency.
    max_amount: Annotated[int, Whole(1, 999_999_999_999)] = 1_000_000
    # With Stripe, its secret key is to be put into the secret `payments-<environment>/stripe`, by hand.
    gateway: Annotated[Gateway, OneOf(Gateway)] = Gateway.SIMULATOR


@dataclass(frozen=True, slots=True)
class FleetSettings:
    min: Annotated[int, Whole(0, 1000)] = 1
    max: Annotated[int, Whole(1, 1000)] = 2
    desired: Annotated[int, Whole(0, 1000)] = 1
    # The first is taken as long as there is one; with Spot it is the cheapest that will last.
    instance_types: Annotated[
        tuple[str, ...], ListOf(Text("(t4g|[cmr][678]g)[.][a-z0-9]+", 'an arm64 type such as "t4g.micro"'))
    ] = ("t4g.micro", "t4g.small")
    on_demand_base: Annotated[int, Whole(0, 1000)] = 1
    # Of what is above the base: a job that is cut off starts again.
    spot: Annotated[bool, Flag()] = True
    # Averages that scaling aims at.
    cpu_percent: Annotated[int, Whole(10, 90)] = 60
    memory_percent: Annotated[int, Whole(10, 90)] = 70
    # Every minute instead of every five, for a price.
    detailed_monitoring: Annotated[bool, Flag()] = False


@dataclass(frozen=True, slots=True)
class AlarmsSettings:
    """Counts, and a percentage."""

    lambda_errors: Annotated[int, COUNT] = 10
    dynamodb_throttles: Annotated[int, COUNT] = 20
    api_4xx: Annotated[int, COUNT] = 200
    api_5xx: Annotated[int, COUNT] = 100
    ec2_cpu_percent: Annotated[int, Whole(1, 100)] = 90


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """Who is told: email addresses, https URLs without a secret in them, ARNs of SQS queues."""

    cost: Annotated[tuple[str, ...], ListOf(ENDPOINT)] = ()
    ops: Annotated[tuple[str, ...], ListOf(ENDPOINT)] = ()
    security: Annotated[tuple[str, ...], ListOf(ENDPOINT)] = ()


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """US dollars, in which AWS bills."""

    monthly_usd: Annotated[int, DOLLARS] = 100
    anomalies: Annotated[AnomalyMonitor, OneOf(AnomalyMonitor)] = AnomalyMonitor.ENVIRONMENT
    # What a cost has to be over the usual before anybody is told.
    anomaly_usd: Annotated[int, DOLLARS] = 10


@dataclass(frozen=True, slots=True)
class WafSettings:
    # Of one address.
    requests_per_5_minutes: Annotated[int, Whole(10, 2_000_000_000)] = 500


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    # Paid by what it looks at. An existing detector's findings are routed too; with `off` they are not.
    guard_duty: Annotated[Detector, OneOf(Detector)] = Detector.OFF
    # Needs the account's own subscription: 3,000 USD a month for a year (AWS Shield pricing).
    shield_advanced: Annotated[bool, Flag()] = False


@dataclass(frozen=True, slots=True)
class CiSettings:
    """Who deploys without a stored key: jobs of this repository, as docs/ci.md says."""

    # On GitHub; without it no role is made.
    repository: Annotated[str | None, Text(r"[\w.-]+/[\w.-]+", 'owner and name, such as "acme/payments"')] = (
        None
    )
    # An account has one identity provider of GitHub's; true where somebody else has made it.
    existing_provider: Annotated[bool, Flag()] = False


@dataclass(frozen=True, slots=True)
class VolumeSettings:
    """What costs are counted with (`payctl cost`): guesses, until somebody states what is measured.

    Bytes are of one payment with all that belongs to it.
    """

    payments_per_month: Annotated[int, Whole(0, 10_000_000_000)] = 10_000
    # Creations that a caller sends again, of a hundred.
    retries_percent: Annotated[int, Whole(0, 10_000)] = 5
    # Billed time of one call of any function, on average.
    function_ms: Annotated[int, Whole(1, 900_000)] = 200
    log_bytes: Annotated[int, Whole(0, 1_000_000_000)] = 5_000
    # Through the NAT gateways: the payment gateway, and the services without an endpoint in the network.
    nat_bytes: Annotated[int, Whole(0, 1_000_000_000)] = 20_000
    # How much more than on average comes in at once: what provisioned capacity has to carry.
    peak_factor: Annotated[int, Whole(1, 10_000)] = 10
    # For how long the storage of a payment is counted.
    kept_months: Annotated[int, Whole(1, 1_200)] = 12
