"""What the Operations dashboard shows: what alarms now, how payments end, their way from request to audit."""

from __future__ import annotations

from constructs_lib.aws.compute.machine_role import AGENT_METRICS
from constructs_lib.aws.compute.metrics_agent import MEMORY
from constructs_lib.aws.monitoring.dashboard import AlarmStates, Graph, LogTable, Widget
from constructs_lib.aws.monitoring.metric import (
    Measure,
    of_api,
    of_fleet,
    of_function,
    of_nat,
    of_pipe,
    of_queue,
    of_table,
)
from constructs_lib.payments.monitoring.alarms import Alarms
from constructs_lib.payments.monitoring.monitored_resources import MonitoredResources
from constructs_lib.payments.monitoring.payment_alarms import OUTCOMES
from constructs_lib.payments.monitoring.payment_metrics import by_currency, of_payments

FAILED = "fields time, requestId, route, status, error, latencyMs, merchant | filter status like /^5/"
COMMIT = "TransactWriteItems"
DELIVERED = ("succeeded", "pending", "failed")  # where a webhook's delivery may stand after an attempt


def operations_widgets(monitored: MonitoredResources, *, alarms: Alarms) -> list[Widget]:
    api, table, fleet = monitored.api, monitored.table, monitored.fleet
    functions, queues = monitored.functions.items(), monitored.queues.items()
    name = monitored.environment
    graphs: dict[str, dict[str, Measure]] = {
        "Payments: outcomes": {
            outcome: of_payments(name, "Payments", Outcome=outcome) for outcome in OUTCOMES
        },
        "Payments: captured, minor units": {"captured": by_currency(name, "CapturedAmount")},
        "Payments: refunded, minor units": {"refunded": by_currency(name, "RefundedAmount")},
        "Payment gateway: milliseconds": {
            "half": of_payments(name, "GatewayLatency", "p50"),
            "99 %": of_payments(name, "GatewayLatency", "p99"),
        },
        "Repeated requests answered again": {"replays": of_payments(name, "IdempotentReplays")},
        "Ledger breaks": {"breaks": of_payments(name, "LedgerBreaks")},
        "Webhooks: attempts": {
            outcome: of_payments(name, "WebhookAttempts", Outcome=outcome) for outcome in DELIVERED
        },
        "API: requests": {
            "all": of_api(api, "Count"),
            "refused": of_api(api, "4XXError"),
            "failed": of_api(api, "5XXError"),
        },
        "API: milliseconds": {
            "half": of_api(api, "Latency", "p50"),
            "99 %": of_api(api, "Latency", "p99"),
            "99 % without the gateway": of_api(api, "IntegrationLatency", "p99"),
        },
        "Functions: running at once": {
            name: of_function(function, "ConcurrentExecutions", "Maximum") for name, function in functions
        },
        "Functions: errors": {name: of_function(function, "Errors") for name, function in functions},
        "Functions: throttles": {name: of_function(function, "Throttles") for name, function in functions},
        "Functions: milliseconds, 99 %": {
            name: of_function(function, "Duration", "p99") for name, function in functions
        },
        "Table: commits": {
            "commits": of_table(table, "SuccessfulRequestLatency", "SampleCount", operation=COMMIT),
            "milliseconds each": of_table(table, "SuccessfulRequestLatency", "Average", operation=COMMIT),
        },
        "Table: throttles": {
            "reads": of_table(table, "ReadThrottleEvents"),
            "writes": of_table(table, "WriteThrottleEvents"),
        },
        "Outbox": {
            "events": of_pipe(monitored.outbox, "EventCount"),
            "failed": of_pipe(monitored.outbox, "ExecutionFailed"),
        },
        "Queues: messages waiting": {
            name: of_queue(queue, "ApproximateNumberOfMessagesVisible") for name, queue in queues
        },
        "Queues: seconds that the oldest waits": {
            name: of_queue(queue, "ApproximateAgeOfOldestMessage") for name, queue in queues
        },
        "Dead letters": {
            name: of_queue(letters, "ApproximateNumberOfMessagesVisible")
            for name, letters in monitored.dead_letters.items()
        },
        "Workers: %, on average": {
            "CPU": of_fleet(fleet, "AWS/EC2", "CPUUtilization", "Average"),
            "memory": of_fleet(fleet, AGENT_METRICS, MEMORY, "Average"),
        },
        "Workers: number": {
            "in service": of_fleet(fleet, "AWS/AutoScaling", "GroupInServiceInstances", "Minimum")
        },
    }
    for number, nat in enumerate(monitored.network.nats, start=1):
        graphs[f"NAT gateway {number}"] = {
            "connections": of_nat(nat, "ActiveConnectionCount", "Maximum"),
            "without a port": of_nat(nat, "ErrorPortAllocation"),
        }
    return [
        AlarmStates(title="Alarms", arns=alarms.arns),
        *(Graph(title=title, lines=lines) for title, lines in graphs.items()),
        LogTable(
            title="Latest requests that failed",
            log_group=monitored.access_logs,
            query=f"{FAILED} | sort time desc | limit 20",
            width=24,
        ),
    ]
