"""What the Cost dashboard shows: a day's use of whatever grows the bill, in the unit that AWS bills."""

from __future__ import annotations

from constructs_lib.aws.monitoring.dashboard import Graph, Text, Widget
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
    of_web_acl,
)
from constructs_lib.payments.monitoring.monitored_resources import MonitoredResources
from constructs_lib.settings.schema import BudgetSettings

DAY = 86_400
QUEUE_CALLS = {
    "sent": "NumberOfMessagesSent",
    "received": "NumberOfMessagesReceived",
    "deleted": "NumberOfMessagesDeleted",
    "empty receives": "NumberOfEmptyReceives",
}


def cost_widgets(
    monitored: MonitoredResources, *, budget: BudgetSettings, environment: str, region: str
) -> list[Widget]:
    graphs: dict[str, dict[str, Measure]] = {
        "API: requests": {"requests": of_api(monitored.api, "Count")},
        "Functions: GB-seconds": _gigabyte_seconds(monitored),
        "Functions: requests": {
            name: of_function(function, "Invocations") for name, function in monitored.functions.items()
        },
        "Table: request units": {
            "read": of_table(monitored.table, "ConsumedReadCapacityUnits"),
            "write": of_table(monitored.table, "ConsumedWriteCapacityUnits"),
        },
        "Logs: bytes taken in": {
            name: of_log_group(group, "IncomingBytes") for name, group in monitored.log_groups.items()
        },
        "Audit bucket: bytes kept": {
            "Glacier": of_bucket(monitored.audit, "GlacierStorage"),
            "Standard": of_bucket(monitored.audit, "StandardStorage"),
        },
        "Workers: number": {
            "in service": of_fleet(monitored.fleet, "AWS/AutoScaling", "GroupInServiceInstances", "Average")
        },
        "Pipe: events": {"events": of_pipe(monitored.outbox, "EventCount")},
        "Web ACL: requests": {
            "allowed": of_web_acl(monitored.web_acl, region, "AllowedRequests"),
            "blocked": of_web_acl(monitored.web_acl, region, "BlockedRequests"),
        },
    }
    for name, queue in monitored.queues.items():
        graphs[f"SQS {name}: calls"] = {
            label: of_queue(queue, call, "Sum") for label, call in QUEUE_CALLS.items()
        }
    for number, nat in enumerate(monitored.network.nats, start=1):
        ways = {"out": of_nat(nat, "BytesInFromSource"), "back": of_nat(nat, "BytesInFromDestination")}
        graphs[f"NAT gateway {number}: bytes processed"] = dict(ways)
    return [
        Text(markdown=_explained(budget, environment)),
        *(Graph(title=title, lines=lines, period=DAY) for title, lines in graphs.items()),
    ]


def _explained(budget: BudgetSettings, environment: str) -> str:
    return (
        f"# Cost of {environment}\n"
        f"The budget is **{budget.monthly_usd} USD a month** for everything with the tag "
        f"`Environment = {environment}`. Below: what grows the bill, by the day. "
        "In dollars: [Cost Explorer](https://console.aws.amazon.com/cost-management/home#/cost-explorer)."
    )


def _gigabyte_seconds(monitored: MonitoredResources) -> dict[str, Measure]:
    lines: dict[str, Measure] = {}
    for name, function in monitored.functions.items():
        milliseconds = f"{name.replace('-', '_')}_ms"
        memory = function.resource.memory_size_input
        lines[name] = Expression(
            f"{milliseconds} / 1000 * {memory:g} / 1024", {milliseconds: of_function(function, "Duration")}
        )
    return lines
