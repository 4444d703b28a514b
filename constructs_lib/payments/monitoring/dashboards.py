"""The three dashboards of an environment."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.aws.monitoring.dashboard import Dashboard
from constructs_lib.payments.monitoring.alarms import Alarms
from constructs_lib.payments.monitoring.alerts import Alerts
from constructs_lib.payments.monitoring.cost_dashboard import cost_widgets
from constructs_lib.payments.monitoring.monitored_resources import MonitoredResources
from constructs_lib.payments.monitoring.operations_dashboard import operations_widgets
from constructs_lib.payments.monitoring.security_dashboard import security_widgets
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import BudgetSettings


class Dashboards(Construct):
    """Cost, Security, Operations: each shows what it is named after."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        region: str,
        monitored: MonitoredResources,
        alarms: Alarms,
        alerts: Alerts,
        budget: BudgetSettings,
    ) -> None:
        super().__init__(scope, id)
        shown = {
            "cost": cost_widgets(monitored, budget=budget, environment=naming.environment, region=region),
            "security": security_widgets(monitored, alerts=alerts, region=region),
            "operations": operations_widgets(monitored, alarms=alarms),
        }
        self.cost, self.security, self.operations = (
            Dashboard(self, name.capitalize(), name=naming.name(name), region=region, widgets=widgets)
            for name, widgets in shown.items()
        )
