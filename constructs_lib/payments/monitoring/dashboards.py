"""Dashboards of an environment: Cost, Security and Operations."""

from collections.abc import Iterator, Mapping

from constructs import Construct

from constructs_lib.aws.api.web_acl import MANAGED_GROUPS
from constructs_lib.aws.compute.machine_role import AGENT_METRICS
from constructs_lib.aws.compute.metrics_agent import MEMORY
from constructs_lib.aws.monitoring.dashboard import AlarmStates, Dashboard, Graph, LogTable, Text, Widget
from constructs_lib.aws.monitoring.metric import (
    Expression,
    Measure,
    of_api,
    of_bucket,
    of_fleet,
    of_function,
    of_log_group,
    of_nat,
    of_pipe,
    of_queue,
    of_table,
    of_topic,
    of_web_acl,
)
from constructs_lib.payments.monitoring.alarms import Alarms
from constructs_lib.payments.monitoring.metrics import DELIVERIES, OUTCOMES, by_currency, of_payments
from constructs_lib.payments.system import System

DAY = 86_400
QUEUE_CALLS = {
    "sent": "NumberOfMessagesSent",
    "received": "NumberOfMessagesReceived",
    "deleted": "NumberOfMessagesDeleted",
    "empty receives": "NumberOfEmptyReceives",
}
WAF_RULES = ("RatePerAddress", *MANAGED_GROUPS)
TOP = "sort requests desc | limit 20"

type Graphs = Mapping[str, Mapping[str, Measure]]  # lines by the title of the graph


class Dashboards(Construct):
    """Creates the three dashboards."""

    def __init__(self, scope: Construct, id: str, *, system: System, alarms: Alarms) -> None:
        super().__init__(scope, id)

        def dashboard(name: str, widgets: list[Widget]) -> Dashboard:
            return Dashboard(
                self,
                name.capitalize(),
                name=system.foundation.naming.name(name),
                region=system.foundation.environment.aws.region,
                widgets=widgets,
            )

        self.cost = dashboard("cost", _cost(system))
        self.security = dashboard("security", list(_security(system)))
        self.operations = dashboard("operations", _operations(system, alarms))


def _cost(system: System) -> list[Widget]:
    """Shows the daily use of each service that is billed by use, in the unit of the bill."""
    name, table = system.foundation.environment.name, system.storage.table
    region, web_acl = system.foundation.environment.aws.region, system.api.web_acl
    graphs: dict[str, Mapping[str, Measure]] = {
        "API: requests": {"requests": of_api(system.api.rest, "Count")},
        "Functions: GB-seconds": _gigabyte_seconds(system),
        "Functions: requests": _of_functions(system, "Invocations"),
        "Table: request units": {
            "read": of_table(table, "ConsumedReadCapacityUnits"),
            "write": of_table(table, "ConsumedWriteCapacityUnits"),
        },
        "Logs: bytes ingested": {
            writer: of_log_group(group, "IncomingBytes")
            for writer, group in system.foundation.log_groups.items()
        },
        "Audit bucket: bytes stored": {
            "Glacier": of_bucket(system.storage.audit, "GlacierStorage"),
            "Standard": of_bucket(system.storage.audit, "StandardStorage"),
        },
        "Workers: number": {"in service": _in_service(system, "Average")},
        "Pipe: events": {"events": of_pipe(system.events.outbox, "EventCount")},
        "Web ACL: requests": {
            "allowed": of_web_acl(web_acl, region, "AllowedRequests"),
            "blocked": of_web_acl(web_acl, region, "BlockedRequests"),
        },
    }
    for queue_name, queue in system.events.queues.items():
        graphs[f"SQS {queue_name}: calls"] = {
            label: of_queue(queue, call, "Sum") for label, call in QUEUE_CALLS.items()
        }
    for number, nat in enumerate(system.network.nats, start=1):
        graphs[f"NAT gateway {number}: bytes processed"] = {
            "outbound": of_nat(nat, "BytesInFromSource"),
            "inbound": of_nat(nat, "BytesInFromDestination"),
        }
    explanation = (
        f"# Cost of {name}\n"
        f"The budget is **{system.foundation.environment.budget.monthly_usd} USD a month** for all resources "
        f"with the tag `Environment = {name}`. The graphs show daily use. "
        "In dollars: [Cost Explorer](https://console.aws.amazon.com/cost-management/home#/cost-explorer)."
    )
    return [Text(markdown=explanation), *_graphs(graphs, period=DAY)]


def _security(system: System) -> Iterator[Widget]:
    """Shows denied and authenticated requests, and security alerts."""
    region, authorizer = system.foundation.environment.aws.region, system.functions["authorizer"]
    security, log_groups = system.foundation.alerts.security, system.foundation.log_groups
    yield from _graphs(
        {
            "Web ACL: blocked requests by rule": {
                rule: of_web_acl(system.api.web_acl, region, "BlockedRequests", rule=rule)
                for rule in WAF_RULES
            },
            "Credentials": {
                "checked": of_function(authorizer, "Invocations"),
                "refused": of_function(authorizer, "Errors"),
                "requests refused": of_api(system.api.rest, "4XXError"),
            },
            "Security alerts": {
                "sent": of_topic(security, "NumberOfMessagesPublished"),
                "undelivered": of_topic(security, "NumberOfNotificationsFailed"),
            },
        }
    )
    for title, writer, query in (
        (
            "Refused requests by address",
            "Api",
            "filter status in ['401', '403', '429'] | stats count(*) as requests by ip, status, error",
        ),
        (
            "Requests by key",
            "Api",
            "filter ispresent(keyId) | stats count(*) as requests by merchant, keyId",
        ),
        (
            "Blocked requests by rule and address",
            "WebAcl",
            "stats count(*) as requests by terminatingRuleId, httpRequest.clientIp",
        ),
        (
            "Refused connections in the network",
            "Flow",
            "filter action = 'REJECT' | stats count(*) as requests by srcAddr, dstAddr, dstPort",
        ),
    ):
        if writer in log_groups:  # an existing VPC has no flow logs here
            yield LogTable(title=title, log_group=log_groups[writer], query=f"{query} | {TOP}")


def _operations(system: System, alarms: Alarms) -> list[Widget]:
    """Shows alarms, outcomes of payments, and every step from the request to the audit bucket."""
    name, api, table = system.foundation.environment.name, system.api.rest, system.storage.table
    fleet, commit = system.workers.fleet.resource.name, "TransactWriteItems"
    graphs: dict[str, Mapping[str, Measure]] = {
        "Payments: outcomes": {
            outcome: of_payments(name, "Payments", Outcome=outcome) for outcome in OUTCOMES
        },
        "Payments: captured, minor units": {"captured": by_currency(name, "CapturedAmount")},
        "Payments: refunded, minor units": {"refunded": by_currency(name, "RefundedAmount")},
        "Payment gateway: milliseconds": {
            "p50": of_payments(name, "GatewayLatency", "p50"),
            "p99": of_payments(name, "GatewayLatency", "p99"),
        },
        "Idempotent replays": {"replays": of_payments(name, "IdempotentReplays")},
        "Ledger breaks": {"breaks": of_payments(name, "LedgerBreaks")},
        "Webhooks: attempts": {
            outcome: of_payments(name, "WebhookAttempts", Outcome=outcome) for outcome in DELIVERIES
        },
        "API: requests": {
            "all": of_api(api, "Count"),
            "refused": of_api(api, "4XXError"),
            "failed": of_api(api, "5XXError"),
        },
        "API: milliseconds": {
            "p50": of_api(api, "Latency", "p50"),
            "p99": of_api(api, "Latency", "p99"),
            "p99 of the function": of_api(api, "IntegrationLatency", "p99"),
        },
        "Functions: concurrent executions": _of_functions(system, "ConcurrentExecutions", "Maximum"),
        "Functions: errors": _of_functions(system, "Errors"),
        "Functions: throttles": _of_functions(system, "Throttles"),
        "Functions: milliseconds, p99": _of_functions(system, "Duration", "p99"),
        "Table: transactions": {
            "committed": of_table(table, "SuccessfulRequestLatency", "SampleCount", operation=commit),
            "average milliseconds": of_table(table, "SuccessfulRequestLatency", "Average", operation=commit),
        },
        "Table: throttles": {
            "reads": of_table(table, "ReadThrottleEvents"),
            "writes": of_table(table, "WriteThrottleEvents"),
        },
        "Outbox": {
            "events": of_pipe(system.events.outbox, "EventCount"),
            "failed": of_pipe(system.events.outbox, "ExecutionFailed"),
        },
        "Queues: messages waiting": _of_queues(system, "ApproximateNumberOfMessagesVisible"),
        "Queues: age of the oldest message, seconds": _of_queues(system, "ApproximateAgeOfOldestMessage"),
        "Dead letters": {
            queue: of_queue(dead_letters, "ApproximateNumberOfMessagesVisible")
            for queue, dead_letters in system.dead_letters.items()
        },
        "Workers: average use, %": {
            "CPU": of_fleet(fleet, "AWS/EC2", "CPUUtilization", "Average"),
            "memory": of_fleet(fleet, AGENT_METRICS, MEMORY, "Average"),
        },
        "Workers: number": {"in service": _in_service(system, "Minimum")},
    }
    for number, nat in enumerate(system.network.nats, start=1):
        graphs[f"NAT gateway {number}"] = {
            "connections": of_nat(nat, "ActiveConnectionCount", "Maximum"),
            "port allocation errors": of_nat(nat, "ErrorPortAllocation"),
        }
    fields = "fields time, requestId, route, status, error, latencyMs, merchant"
    return [
        AlarmStates(title="Alarms", arns=alarms.arns),
        *_graphs(graphs),
        LogTable(
            title="Latest failed requests",
            log_group=system.foundation.log_groups["Api"],
            query=f"{fields} | filter status like /^5/ | sort time desc | limit 20",
            width=24,
        ),
    ]


def _graphs(graphs: Graphs, *, period: int = 300) -> Iterator[Widget]:
    return (Graph(title=title, lines=lines, period=period) for title, lines in graphs.items())


def _of_functions(system: System, metric: str, statistic: str = "Sum") -> dict[str, Measure]:
    return {name: of_function(function, metric, statistic) for name, function in system.functions.items()}


def _of_queues(system: System, metric: str) -> dict[str, Measure]:
    return {name: of_queue(queue, metric) for name, queue in system.events.queues.items()}


def _in_service(system: System, statistic: str) -> Measure:
    return of_fleet(
        system.workers.fleet.resource.name, "AWS/AutoScaling", "GroupInServiceInstances", statistic
    )


def _gigabyte_seconds(system: System) -> dict[str, Measure]:
    lines: dict[str, Measure] = {}
    for name, function in system.functions.items():
        milliseconds = f"{name.replace('-', '_')}_ms"
        lines[name] = Expression(
            f"{milliseconds} / 1000 * {function.memory_mb} / 1024",
            {milliseconds: of_function(function, "Duration")},
        )
    return lines
