"""Foundation of all components: names, account, key, log groups and alert topics."""

from datetime import timedelta

from cdktf import TerraformStack

from constructs_lib.aws.account import Account
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.security.existing_key import ExistingKey
from constructs_lib.aws.security.key import AnyKey, Key
from constructs_lib.payments.alerts import Alerts
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import Environment


class Foundation:
    """Creates account data, alert topics, log groups and the key, or uses existing topics and keys.

    Components create their constructs in `stack`. `log_groups` has each log group by its writer.
    """

    def __init__(self, stack: TerraformStack, environment: Environment) -> None:
        self.stack = stack
        self.environment = environment
        self.naming = Naming(environment.name)
        self.account = Account(stack, "Account", region=environment.aws.region)
        self.key = self._key()
        self.key.grant_logs(
            f"/aws/*/{self.naming.prefix}-*",
            f"API-Gateway-Execution-Logs_*/{environment.name}",
            f"aws-waf-logs-{self.naming.prefix}",
        )
        self.log_groups: dict[str, LogGroup] = {}
        self.alerts = Alerts(
            stack,
            "Alerts",
            naming=self.naming,
            account=self.account,
            key=self.key,
            endpoints=environment.alerts,
            existing=environment.estate.use.topics,
        )

    @property
    def secret_recovery(self) -> timedelta:
        """Returns the time for which a deleted secret can be restored; until then its name is in use."""
        return timedelta(days=30 if self.environment.protected else 0)

    def log_group(self, writer: str, name: str, *, retention_days: int | None = None) -> LogGroup:
        """Creates a log group. The environment's retention applies by default."""
        self.log_groups[writer] = LogGroup(
            self.stack,
            f"{writer}LogGroup",
            name=name,
            key=self.key,
            retention=timedelta(days=retention_days or self.environment.logs.retention_days),
        )
        return self.log_groups[writer]

    def _key(self) -> AnyKey:
        if existing := self.environment.estate.use.key:
            return ExistingKey(self.stack, "Key", arn=existing, account=self.account)
        return Key(
            self.stack,
            "Key",
            name=self.naming.prefix,
            account=self.account,
            deletion_window=timedelta(days=30 if self.environment.protected else 7),
        )
