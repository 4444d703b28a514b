"""All alarms of an environment."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.aws.monitoring.alarm import Alarm, CompositeAlarm
from constructs_lib.aws.monitoring.log_metric import LogMetric
from constructs_lib.payments.monitoring.alarm_rows import Incident, with_runbook
from constructs_lib.payments.monitoring.backend_alarms import (
    data_rows,
    machine_rows,
    queue_rows,
    settlement_rows,
)
from constructs_lib.payments.monitoring.monitored_resources import MonitoredResources
from constructs_lib.payments.monitoring.payment_alarms import payment_rows
from constructs_lib.payments.monitoring.request_alarms import api_rows, function_rows
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import AlarmsSettings

# How API Gateway calls it in `error` of an access log line when an authorizer fails instead of refusing.
AUTHORIZER_FAILED = '{ ($.error = "AUTHORIZER_FAILURE") || ($.error = "AUTHORIZER_CONFIGURATION_ERROR") }'
# The line that handlers/settlement_worker ends each day with.
RECONCILED = '{ $.message = "reconciled" }'
# Alarms that were renamed: the construct id, and with it the Terraform address, stays.
FIRST_IDS = {"payment-events-age": "QueueAge", "payment-events-dead-letters": "QueueDeadLetters"}
INCIDENTS = (
    Incident(
        name="payments-failing",
        description="Callers cannot pay: the API answers with errors of ours, or hardly answers.",
        alarms=(
            "api-5xx",
            "api-5xx-rate",
            "api-slow",
            "authorizer-failures",
            "authorizer-throttles",
            "payment-processor-errors",
            "payment-processor-throttles",
            "table-throttles",
        ),
    ),
    Incident(
        name="events-late",
        description="Payments are stored, but events do not reach the bus, the queue or the audit bucket.",
        alarms=(
            "outbox-failing",
            "outbox-stalled",
            "payment-events-age",
            "event-handler-errors",
            "event-handler-throttles",
        ),
    ),
)


class Alarms(Construct):
    """Every alarm tells the topic, when it begins and when it ends: itself, or through its one incident."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        monitored: MonitoredResources,
        thresholds: AlarmsSettings,
        fewest_workers: int,
        topic: AnyTopic,
    ) -> None:
        super().__init__(scope, id)
        failures = LogMetric(
            self,
            "AuthorizerFailed",
            namespace=naming.prefix,
            name="AuthorizerFailures",
            log_group=monitored.access_logs,
            pattern=AUTHORIZER_FAILED,
        )
        differences, breaks = (
            LogMetric(
                self,
                f"Logged{name}",
                namespace=naming.prefix,
                name=name,
                log_group=monitored.fleet_logs,
                pattern=RECONCILED,
                value=f"$.{figure}",
            ).metric
            for name, figure in (("SettlementDifferences", "differences"), ("DailyLedgerBreaks", "breaks"))
        )
        rows = [
            *function_rows(monitored, thresholds, failures.metric),
            *api_rows(monitored, thresholds),
            *data_rows(monitored, thresholds),
            *queue_rows(monitored),
            *payment_rows(monitored),
            *machine_rows(monitored, thresholds, fewest_workers),
            *settlement_rows(differences, breaks),
        ]
        told_by_incident = {name for incident in INCIDENTS for name in incident.alarms}
        alarms = {
            row.name: Alarm(
                self,
                _id(row.name),
                name=naming.name(row.name),
                description=with_runbook(row.description, row.runbook),
                measure=row.measure,
                threshold=row.threshold,
                comparison=row.comparison,
                datapoints_to_alarm=row.datapoints_to_alarm,
                evaluation_periods=row.evaluation_periods,
                missing_data=row.missing_data,
                topic=None if row.name in told_by_incident else topic,
            )
            for row in rows
        }
        incidents = [
            CompositeAlarm(
                self,
                _id(incident.name),
                name=naming.name(incident.name),
                description=with_runbook(incident.description, incident.name),
                alarms=[alarms[name] for name in incident.alarms],
                topic=topic,
            )
            for incident in INCIDENTS
        ]
        self.arns = [incident.arn for incident in incidents]
        self.arns += [alarm.arn for alarm in alarms.values()]


def _id(name: str) -> str:
    if name in FIRST_IDS:
        return FIRST_IDS[name]
    return "".join(word.capitalize() for word in name.split("-"))
