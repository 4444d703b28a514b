"""Settings of an environment, each with its limits and its default.

Defaults are the cheapest ones that are safe for money. Durations are seconds in a file and timedelta here.
Limits are those of AWS unless a comment states another source; rules.py has those between settings.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated

from constructs_lib.settings.estate import EstateSettings
from constructs_lib.settings.reader import Flag, ListOf, OneOf, PrivateBlock, Seconds, Text, WholeNumber

DEFAULT_CIDR = IPv4Network("10.0.0.0/16")
DAY = 24 * 60 * 60
COUNT = WholeNumber(1, 1_000_000)
ENDPOINT = Text(
    r"[^@\s]+@[^@\s]+\.[^@\s]+|https://\S+|arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+",
    "an email address, an https URL or the ARN of an SQS queue",
)
DOLLARS = WholeNumber(1, 10_000_000)
RETENTION_DAYS = OneOf(  # CloudWatch Logs, PutRetentionPolicy; logs without expiry cost without end
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)


class Egress(StrEnum):
    """Selects the internet access of private subnets."""

    NONE = "none"
    SINGLE_NAT = "single_nat"
    NAT_PER_AZ = "nat_per_az"


class Detector(StrEnum):
    """Selects the GuardDuty detector, of which an account and region has one."""

    CREATE = "create"
    EXISTING = "existing"
    OFF = "off"


class Gateway(StrEnum):
    """Selects the payment gateway: a deterministic simulator that moves no money, or Stripe."""

    SIMULATOR = "simulator"
    STRIPE = "stripe"


class LogLevel(StrEnum):
    """Names the levels that both Lambda's logging configuration and Python's logging accept."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class AnomalyMonitor(StrEnum):
    """Selects the costs in which Cost Explorer detects anomalies.

    `environment`: the sum of all resources with this environment's tag. `account`: each service of the
    account; an account can have one such monitor.
    """

    ENVIRONMENT = "environment"
    ACCOUNT = "account"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """Selects the region and the account."""

    # In the EU, where personal data of payers must stay (GDPR, chapter V). It has all services of this stack.
    region: Annotated[str, Text("[a-z]{2}(-[a-z]+)+-[0-9]", 'a region such as "eu-west-1"')] = "eu-west-1"
    # If set, deployments to any other account fail. A string, because a number loses leading zeros.
    account: Annotated[str | None, Text("[0-9]{12}", "a string of 12 digits")] = None


@dataclass(frozen=True, slots=True)
class StateSettings:
    """Names the state backend.

    The name does not contain the account: an account that is set later would move the state to an empty
    bucket.
    """

    bucket: Annotated[
        str, Text("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 of a-z, 0-9 and dashes between them")
    ] = "payments-terraform-state"
    table: Annotated[
        str, Text("[A-Za-z0-9_.-]{3,255}", "3 to 255 of A-Z, a-z, 0-9, dash, dot and underscore")
    ] = "payments-terraform-locks"


def carve(cidr: IPv4Network, zones: int) -> tuple[tuple[IPv4Network, ...], tuple[IPv4Network, ...]]:
    """Returns public and private subnets, one per zone, each an eighth of `cidr`; none if `cidr` is over /25.

    The first half is for public subnets, independent of the number of zones: a further zone moves no subnet.
    AWS has no subnets smaller than /28.
    """
    eighths = tuple(cidr.subnets(prefixlen_diff=3)) if cidr.prefixlen <= 25 else ()
    return eighths[:zones], eighths[4 : 4 + zones]


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Configures the network. Networks are not connected, so short-lived environments share dev's addresses.

    There is one subnet per zone and tier. Subnets that the file omits are carved from `cidr`.
    """

    cidr: Annotated[IPv4Network, PrivateBlock(16, 28)] = DEFAULT_CIDR
    zones: Annotated[int, WholeNumber(2, 4)] = 2
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
    """Configures all functions."""

    memory_mb: Annotated[int, WholeNumber(128, 10_240)] = 512
    # May exceed the 29 s after which API Gateway answers 504: the payment completes, and the caller's retry
    # with the same idempotency key gets its result.
    payment_processor_timeout: Annotated[timedelta, Seconds(1, 900)] = timedelta(seconds=30)
    event_handler_timeout: Annotated[timedelta, Seconds(1, 900)] = timedelta(seconds=60)
    # The authorizer runs before those 29 s begin: the caller waits for both.
    authorizer_timeout: Annotated[timedelta, Seconds(1, 29)] = timedelta(seconds=5)
    log_level: Annotated[LogLevel, OneOf(LogLevel)] = LogLevel.INFO


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Configures all queues."""

    # AWS recommends six times the time-out of the consumer.
    visibility_timeout: Annotated[timedelta, Seconds(1, 43_200)] = timedelta(seconds=360)
    max_receives: Annotated[int, WholeNumber(1, 1000)] = 5
    # A dead letter keeps the time of its first send, and queues retain it for 14 days: one day remains to
    # redrive.
    retention: Annotated[timedelta, Seconds(60, 13 * DAY)] = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class LogsSettings:
    """Sets the retention of log groups."""

    retention_days: Annotated[int, RETENTION_DAYS] = 30


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Limits requests per second, bursts and requests per day. Account quotas limit the first two."""

    throttle_rate: Annotated[int, WholeNumber(1, 10_000)] = 50
    throttle_burst: Annotated[int, WholeNumber(1, 5_000)] = 100
    quota_per_day: Annotated[int, WholeNumber(1, 1_000_000_000)] = 50_000


@dataclass(frozen=True, slots=True)
class PaymentsSettings:
    """Limits payments and selects their gateway."""

    # Largest payment, in minor units of its currency.
    max_amount: Annotated[int, WholeNumber(1, 999_999_999_999)] = 1_000_000
    # For Stripe, put its secret key into the secret `payments-<environment>/stripe` by hand.
    gateway: Annotated[Gateway, OneOf(Gateway)] = Gateway.SIMULATOR


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """Configures the Auto Scaling group of workers."""

    min: Annotated[int, WholeNumber(0, 1000)] = 1
    max: Annotated[int, WholeNumber(1, 1000)] = 2
    desired: Annotated[int, WholeNumber(0, 1000)] = 1
    # On-Demand uses the first available type in order; Spot uses price-capacity-optimized allocation.
    instance_types: Annotated[
        tuple[str, ...], ListOf(Text("(t4g|[cmr][678]g)[.][a-z0-9]+", 'an arm64 type such as "t4g.micro"'))
    ] = ("t4g.micro", "t4g.small")
    on_demand_base: Annotated[int, WholeNumber(0, 1000)] = 1
    # Use Spot for instances above `on_demand_base`. Jobs restart after an interruption.
    spot: Annotated[bool, Flag()] = True
    # Target averages of scaling.
    cpu_percent: Annotated[int, WholeNumber(10, 90)] = 60
    memory_percent: Annotated[int, WholeNumber(10, 90)] = 70
    # Every minute instead of every five, at additional cost.
    detailed_monitoring: Annotated[bool, Flag()] = False


@dataclass(frozen=True, slots=True)
class AlarmsSettings:
    """Sets thresholds of alarms: counts within five minutes, and a percentage."""

    lambda_errors: Annotated[int, COUNT] = 10
    dynamodb_throttles: Annotated[int, COUNT] = 20
    api_4xx: Annotated[int, COUNT] = 200
    api_5xx: Annotated[int, COUNT] = 100
    ec2_cpu_percent: Annotated[int, WholeNumber(1, 100)] = 90


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """Lists subscribers of alerts: email addresses, https URLs without secrets, ARNs of SQS queues."""

    cost: Annotated[tuple[str, ...], ListOf(ENDPOINT)] = ()
    ops: Annotated[tuple[str, ...], ListOf(ENDPOINT)] = ()
    security: Annotated[tuple[str, ...], ListOf(ENDPOINT)] = ()


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """Sets the budget and the anomaly threshold, in US dollars."""

    monthly_usd: Annotated[int, DOLLARS] = 100
    anomalies: Annotated[AnomalyMonitor, OneOf(AnomalyMonitor)] = AnomalyMonitor.ENVIRONMENT
    # Excess over the expected cost that raises an alert.
    anomaly_usd: Annotated[int, DOLLARS] = 10


@dataclass(frozen=True, slots=True)
class WafSettings:
    """Configures the web ACL."""

    # Of each address.
    requests_per_5_minutes: Annotated[int, WholeNumber(10, 2_000_000_000)] = 500


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    """Enables threat detection and DDoS protection."""

    # Billed by analyzed events. Findings of an existing detector are routed too, unless it is `off`.
    guard_duty: Annotated[Detector, OneOf(Detector)] = Detector.OFF
    # Requires a subscription of the account: 3,000 USD a month for a year (AWS Shield pricing).
    shield_advanced: Annotated[bool, Flag()] = False


@dataclass(frozen=True, slots=True)
class CiSettings:
    """Allows CI jobs of a GitHub repository to deploy without stored credentials (docs/ci.md)."""

    # Without it no role is created.
    repository: Annotated[str | None, Text(r"[\w.-]+/[\w.-]+", 'owner and name, such as "acme/payments"')] = (
        None
    )
    # An account has one identity provider for GitHub; true if it exists outside of this project.
    existing_provider: Annotated[bool, Flag()] = False


@dataclass(frozen=True, slots=True)
class VolumeSettings:
    """Sets the volume for estimates of `payctl cost`. The defaults are guesses: replace them by measurements.

    Bytes are per payment, with all of its requests and events.
    """

    payments_per_month: Annotated[int, WholeNumber(0, 10_000_000_000)] = 10_000
    # Creations that a caller repeats, in percent.
    retries_percent: Annotated[int, WholeNumber(0, 10_000)] = 5
    # Average billed time of an invocation.
    function_ms: Annotated[int, WholeNumber(1, 900_000)] = 200
    log_bytes: Annotated[int, WholeNumber(0, 1_000_000_000)] = 5_000
    # Through NAT gateways: to the payment gateway, and to AWS services without a VPC endpoint.
    nat_bytes: Annotated[int, WholeNumber(0, 1_000_000_000)] = 20_000
    # Peak load in relation to the average: provisioned capacity must carry it.
    peak_factor: Annotated[int, WholeNumber(1, 10_000)] = 10
    # Storage time of a payment in the estimate.
    kept_months: Annotated[int, WholeNumber(1, 1_200)] = 12


@dataclass(frozen=True, slots=True)
class Environment:
    """Represents the settings of one environment. Each field but the first two is a table of its file."""

    name: str
    # Protects data against mistakes: deletion protection, prevent_destroy, recovery windows.
    protected: Annotated[bool, Flag()] = False
    aws: AwsSettings = field(default_factory=AwsSettings)
    state: StateSettings = field(default_factory=StateSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    lambda_: LambdaSettings = field(default_factory=LambdaSettings)
    queue: QueueSettings = field(default_factory=QueueSettings)
    logs: LogsSettings = field(default_factory=LogsSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    payments: PaymentsSettings = field(default_factory=PaymentsSettings)
    fleet: FleetSettings = field(default_factory=FleetSettings)
    alarms: AlarmsSettings = field(default_factory=AlarmsSettings)
    alerts: AlertsSettings = field(default_factory=AlertsSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    waf: WafSettings = field(default_factory=WafSettings)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    estate: EstateSettings = field(default_factory=EstateSettings)
    volume: VolumeSettings = field(default_factory=VolumeSettings)
    ci: CiSettings = field(default_factory=CiSettings)
