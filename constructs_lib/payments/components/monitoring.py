"""What people look at and are told: alarms, dashboards, the budget, unusual costs."""

from __future__ import annotations

from constructs_lib.aws.monitoring.budget import Budget
from constructs_lib.aws.monitoring.cost_anomalies import CostAnomalies
from constructs_lib.payments.components.api import Api
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.fleet import Workers
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.functions import Functions
from constructs_lib.payments.components.network import Networking
from constructs_lib.payments.components.storage import Storage
from constructs_lib.payments.monitoring.alarms import Alarms
from constructs_lib.payments.monitoring.dashboards import Dashboards
from constructs_lib.payments.monitoring.monitored_resources import MonitoredResources
from constructs_lib.settings.schema import AnomalyMonitor


def monitor(
    foundation: Foundation,
    networking: Networking,
    storage: Storage,
    events: Events,
    functions: Functions,
    api: Api,
    workers: Workers,
) -> Dashboards:
    monitored = MonitoredResources(
        environment=foundation.environment.name,
        api=api.rest,
        web_acl=api.web_acl,
        functions=functions,
        table=storage.table,
        audit=storage.audit,
        outbox=events.outbox,
        bus=events.bus,
        payment_events=events.payment_events,
        queues=events.queues,
        undelivered=events.undelivered,
        network=networking.network,
        fleet=workers.fleet.resource.name,
        fleet_logs=workers.logs,
        access_logs=api.access_logs,
        flow_logs=networking.flow_logs,
        web_acl_logs=api.web_acl_logs,
        log_groups=foundation.log_groups.made,
    )
    alarms = Alarms(
        foundation.stack,
        "Alarms",
        naming=foundation.naming,
        monitored=monitored,
        thresholds=foundation.environment.alarms,
        fewest_workers=foundation.environment.fleet.min,
        topic=foundation.alerts.ops,
    )
    dashboards = Dashboards(
        foundation.stack,
        "Dashboards",
        naming=foundation.naming,
        region=foundation.environment.aws.region,
        monitored=monitored,
        alarms=alarms,
        alerts=foundation.alerts,
        budget=foundation.environment.budget,
    )
    _costs(foundation)
    return dashboards


def _costs(foundation: Foundation) -> None:
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
