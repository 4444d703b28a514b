"""Alarms on what must go on behind the API: table, events, queues, network, workers.

Thresholds that differ between environments are settings; the others follow from what they guard.
"""

from __future__ import annotations

from typing import cast

from constructs_lib.aws.monitoring.alarm import Comparison, MissingData
from constructs_lib.aws.monitoring.metric import (
    Expression,
    Metric,
    of_fleet,
    of_nat,
    of_pipe,
    of_queue,
    of_rule,
    of_table,
)
from constructs_lib.payments.monitoring.alarm_rows import AlarmRow
from constructs_lib.payments.monitoring.monitored_resources import MonitoredResources
from constructs_lib.settings.schema import AlarmsSettings


def data_rows(monitored: MonitoredResources, thresholds: AlarmsSettings) -> list[AlarmRow]:
    table = monitored.table
    # ThrottledRequests would be a metric for each operation.
    throttles = {
        "reads": of_table(table, "ReadThrottleEvents"),
        "writes": of_table(table, "WriteThrottleEvents"),
    }
    # A pipe has no iterator age. Instead: payments are committed, and nothing leaves.
    commits = of_table(table, "SuccessfulRequestLatency", "SampleCount", operation="TransactWriteItems")
    return [
        AlarmRow(
            name="table-throttles",
            runbook="table-throttles",
            description="DynamoDB refused reads or writes of the payments table.",
            measure=Expression("FILL(reads, 0) + FILL(writes, 0)", throttles),
            threshold=thresholds.dynamodb_throttles,
        ),
        AlarmRow(
            name="outbox-failing",
            runbook="outbox-failing",
            description="The pipe from the table's stream cannot put events on the bus.",
            measure=of_pipe(monitored.outbox, "ExecutionFailed"),
            threshold=1,
            datapoints_to_alarm=2,
            evaluation_periods=3,
        ),
        AlarmRow(
            name="outbox-stalled",
            runbook="outbox-stalled",
            description="Payments are committed and no event leaves; the stream forgets after 24 hours.",
            measure=Expression(
                "IF(FILL(commits, 0) > 0 AND FILL(events, 0) == 0, 1, 0)",
                {"commits": commits, "events": of_pipe(monitored.outbox, "EventCount")},
            ),
            threshold=1,
            datapoints_to_alarm=3,
            evaluation_periods=3,
        ),
        AlarmRow(
            name="events-lost",
            runbook="events-lost",
            description="An event reached no queue and no dead-letter queue: only the archive has it.",
            measure=of_rule(monitored.bus, monitored.payment_events, "InvocationsFailedToBeSentToDlq"),
            threshold=1,
        ),
    ]


def queue_rows(monitored: MonitoredResources) -> list[AlarmRow]:
    ages = [
        AlarmRow(
            name=f"{name}-age",
            runbook="queue-age",
            description="A message waits for longer than its second attempt takes to come.",
            measure=of_queue(queue, "ApproximateAgeOfOldestMessage"),
            threshold=cast(float, queue.resource.visibility_timeout_seconds_input),
        )
        for name, queue in monitored.queues.items()
    ]
    dead_letters = [
        AlarmRow(
            name=f"{name}-dead-letters",
            # What came from no queue of ours is dealt with in another way.
            runbook="undelivered" if letters is monitored.undelivered else "dead-letters",
            description=f"Messages that nobody could process are among the dead letters of {name}.",
            measure=of_queue(letters, "ApproximateNumberOfMessagesVisible"),
            threshold=1,
        )
        for name, letters in monitored.dead_letters.items()
    ]
    return [*ages, *dead_letters]


def machine_rows(
    monitored: MonitoredResources, thresholds: AlarmsSettings, fewest_workers: int
) -> list[AlarmRow]:
    fleet = monitored.fleet
    rows = [
        AlarmRow(
            name=f"nat-{number}-ports",
            runbook="nat-ports",
            description="A NAT gateway has no port left for new connections to one destination.",
            measure=of_nat(nat, "ErrorPortAllocation"),
            threshold=1,
        )
        for number, nat in enumerate(monitored.network.nats, start=1)
    ]
    rows += [
        AlarmRow(
            name="fleet-cpu",
            runbook="fleet-cpu",
            description="Workers stay busy although the fleet had time to grow.",
            measure=of_fleet(fleet, "AWS/EC2", "CPUUtilization", "Average"),
            threshold=thresholds.ec2_cpu_percent,
            datapoints_to_alarm=3,
            evaluation_periods=3,
        ),
        AlarmRow(
            name="fleet-short",
            runbook="fleet-short",
            description="Fewer workers are healthy than there must be.",
            measure=of_fleet(fleet, "AWS/AutoScaling", "GroupInServiceInstances", "Minimum"),
            threshold=fewest_workers,
            comparison=Comparison.BELOW,
            datapoints_to_alarm=3,
            evaluation_periods=3,
            missing_data=MissingData.BREACHING,
        ),
    ]
    return rows


def settlement_rows(differences: Metric, breaks: Metric) -> list[AlarmRow]:
    """Both are measured once a day, for the day before."""
    return [
        AlarmRow(
            name="reconciliation",
            runbook="reconciliation",
            description="The gateway settled something else on a day than what the ledger says.",
            measure=differences,
            threshold=1,
            missing_data=MissingData.IGNORE,
        ),
        AlarmRow(
            name="ledger-breaks-daily",
            runbook="ledger-breaks",
            description="Payments that moved on a day, their ledger entries and their refunds do not agree.",
            measure=breaks,
            threshold=1,
            missing_data=MissingData.IGNORE,
        ),
    ]
