"""Cost control: a budget and alerts on unusual costs."""

from constructs_lib.aws.monitoring.budget import Budget
from constructs_lib.aws.monitoring.cost_anomalies import CostAnomalies
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.settings.schema import AnomalyMonitor


def make_costs(foundation: Foundation) -> None:
    """Creates the budget, and cost anomaly detection unless it is off."""
    settings, tag = foundation.environment.budget, ("Environment", foundation.environment.name)
    Budget(
        foundation.stack,
        "Budget",
        name=foundation.naming.prefix,
        tag=tag,
        monthly_usd=settings.monthly_usd,
        topic=foundation.alerts.cost,
    )
    if settings.anomalies is not AnomalyMonitor.OFF:
        CostAnomalies(
            foundation.stack,
            "CostAnomalies",
            name=foundation.naming.prefix,
            tag=None if settings.anomalies is AnomalyMonitor.ACCOUNT else tag,
            impact_usd=settings.anomaly_usd,
            topic=foundation.alerts.cost,
        )
