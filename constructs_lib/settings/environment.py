"""All settings of an environment."""

from dataclasses import dataclass, field
from typing import Annotated

from constructs_lib.settings.estate import EstateSettings
from constructs_lib.settings.reader import Flag
from constructs_lib.settings.schema import (
    AlarmsSettings,
    AlertsSettings,
    ApiSettings,
    AwsSettings,
    BudgetSettings,
    CiSettings,
    FleetSettings,
    LambdaSettings,
    LogsSettings,
    NetworkSettings,
    PaymentsSettings,
    QueueSettings,
    SecuritySettings,
    StateSettings,
    VolumeSettings,
    WafSettings,
)


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
