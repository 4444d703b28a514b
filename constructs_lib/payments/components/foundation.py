"""Foundation of all components: names, account, key, log groups and alert topics."""

from dataclasses import dataclass
from datetime import timedelta

from cdktf import TerraformStack

from constructs_lib.aws.account import Account
from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.aws.security.existing_key import ExistingKey
from constructs_lib.aws.security.key import AnyKey, Key
from constructs_lib.payments.alerts import Alerts
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import Environment


class LogGroups:
    """Creates the log groups of an environment. `made` has each by its writer."""

    def __init__(self, stack: TerraformStack, *, key: AnyKey, retention_days: int) -> None:
        self._stack = stack
        self._key = key
        self._retention_days = retention_days
        self.made: dict[str, LogGroup] = {}

    def make(self, writer: str, name: str, *, retention_days: int | None = None) -> LogGroup:
        """Creates a log group. The environment's retention applies by default."""
        self.made[writer] = LogGroup(
            self._stack,
            f"{writer}LogGroup",
            name=name,
            key=self._key,
            retention=timedelta(days=retention_days or self._retention_days),
        )
        return self.made[writer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """Represents the resources that all components use. Constructs are created in `stack`."""

    stack: TerraformStack
    environment: Environment
    naming: Naming
    account: Account
    key: AnyKey
    log_groups: LogGroups
    alerts: Alerts

    @property
    def secret_recovery(self) -> timedelta:
        """Returns the time for which a deleted secret can be restored; until then its name is in use."""
        return timedelta(days=30 if self.environment.protected else 0)


def make_foundation(stack: TerraformStack, environment: Environment) -> Foundation:
    """Creates the account data, the key and the alert topics, or uses existing ones."""
    naming = Naming(environment.name)
    account = Account(stack, "Account", region=environment.aws.region)
    key = _key(stack, environment, naming, account)
    key.grant_logs(
        f"/aws/*/{naming.prefix}-*",
        f"API-Gateway-Execution-Logs_*/{environment.name}",
        f"aws-waf-logs-{naming.prefix}",
    )
    alerts = Alerts(
        stack,
        "Alerts",
        naming=naming,
        account=account,
        key=key,
        endpoints=environment.alerts,
        existing=environment.estate.use.topics,
    )
    return Foundation(
        stack=stack,
        environment=environment,
        naming=naming,
        account=account,
        key=key,
        log_groups=LogGroups(stack, key=key, retention_days=environment.logs.retention_days),
        alerts=alerts,
    )


def _key(stack: TerraformStack, environment: Environment, naming: Naming, account: Account) -> AnyKey:
    existing = environment.estate.use.key
    if existing:
        return ExistingKey(stack, "Key", arn=existing, account=account)
    return Key(
        stack,
        "Key",
        name=naming.prefix,
        account=account,
        deletion_window=timedelta(days=30 if environment.protected else 7),
    )
