"""Every metric of alarms and dashboards is one that AWS documents, of something that the stack makes."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from payments.payment import Status
from payments.webhooks.delivery import DeliveryStatus
from tests.constructs_lib.conftest import Synthesized, environment
from tests.constructs_lib.payments.monitoring import (
    DASHBOARDS,
    Metric,
    alarms,
    metrics_of_alarm,
    metrics_of_widget,
    widgets,
)
from tests.handlers.support import MemoryStore, World
from tests.handlers.webhooks.sender import Sender, endpoint, event_messages

# From the page "metrics and dimensions" of each service: dimensions, then names of metrics.
DOCUMENTED = {
    ("AWS/ApiGateway", "ApiName Stage"): "4XXError 5XXError Count Latency IntegrationLatency",
    ("AWS/AutoScaling", "AutoScalingGroupName"): "GroupInServiceInstances",
    ("AWS/DynamoDB", "TableName"): (
        "ReadThrottleEvents WriteThrottleEvents ConsumedReadCapacityUnits ConsumedWriteCapacityUnits"
    ),
    ("AWS/DynamoDB", "Operation TableName"): "SuccessfulRequestLatency",
    ("AWS/EC2", "AutoScalingGroupName"): "CPUUtilization",
    ("AWS/EventBridge/Pipes", "PipeName"): "EventCount ExecutionFailed",
    ("AWS/Events", "EventBusName RuleName"): "InvocationsFailedToBeSentToDlq",
    ("AWS/Lambda", "FunctionName"): "ConcurrentExecutions Duration Errors Invocations Throttles",
    ("AWS/Logs", "LogGroupName"): "IncomingBytes",
    ("AWS/NATGateway", "NatGatewayId"): (
        "ActiveConnectionCount BytesInFromDestination BytesInFromSource ErrorPortAllocation"
    ),
    ("AWS/S3", "BucketName StorageType"): "BucketSizeBytes",
    ("AWS/SNS", "TopicName"): "NumberOfMessagesPublished NumberOfNotificationsFailed",
    ("AWS/SQS", "QueueName"): (
        "ApproximateAgeOfOldestMessage ApproximateNumberOfMessagesVisible NumberOfEmptyReceives "
        "NumberOfMessagesDeleted NumberOfMessagesReceived NumberOfMessagesSent"
    ),
    # What the functions write themselves, see test_what_the_functions_write_is_what_is_read.
    ("Payments", "Environment"): "GatewayLatency IdempotentReplays LedgerBreaks",
    ("Payments", "Environment Outcome"): "Payments WebhookAttempts",
    ("CWAgent", "AutoScalingGroupName"): "mem_used_percent",  # what the workers' own agent publishes
    ("AWS/WAFV2", "Region Rule WebACL"): "AllowedRequests BlockedRequests",
}
# Dimensions that name a thing, by the attribute that holds what AWS calls it there.
THINGS = {
    "ApiName": ("aws_api_gateway_rest_api", "name"),
    "AutoScalingGroupName": ("aws_autoscaling_group", "name"),
    "BucketName": ("aws_s3_bucket", "bucket"),
    "EventBusName": ("aws_cloudwatch_event_bus", "name"),
    "FunctionName": ("aws_lambda_function", "function_name"),
    "LogGroupName": ("aws_cloudwatch_log_group", "name"),
    "NatGatewayId": ("aws_nat_gateway", "id"),
    "PipeName": ("aws_pipes_pipe", "name"),
    "QueueName": ("aws_sqs_queue", "name"),
    "RuleName": ("aws_cloudwatch_event_rule", "name"),
    "Stage": ("aws_api_gateway_stage", "stage_name"),
    "TableName": ("aws_dynamodb_table", "name"),
    "TopicName": ("aws_sns_topic", "name"),
}


@pytest.fixture(scope="module", params=["dev", "staging", "prod"])
def made(request: pytest.FixtureRequest) -> Synthesized:
    name: str = request.param
    return environment(name)


def _measured(made: Synthesized) -> Iterator[Metric]:
    for alarm in alarms(made).values():
        yield from metrics_of_alarm(alarm)
    for dashboard in DASHBOARDS:
        for widget in widgets(made, dashboard):
            yield from metrics_of_widget(widget)


def _words(made: Synthesized, dimension: str) -> set[str]:
    """Values of dimensions that name no resource."""
    acl = made.one("aws_wafv2_web_acl")
    rules = {rule["visibility_config"]["metric_name"] for rule in acl["rule"]}
    assert rules == {"RatePerAddress", "IpReputation", "CommonRules", "KnownBadInputs", "SqlInjection"}
    return {
        "Environment": {made.one("aws_api_gateway_stage")["stage_name"]},
        "Operation": {"TransactWriteItems"},
        "Outcome": {*Status, *DeliveryStatus},
        "Region": {"eu-west-1"},
        "Rule": {"ALL", *rules},
        "StorageType": {"StandardStorage", "GlacierStorage"},
        "WebACL": {acl["visibility_config"]["metric_name"]},
    }[dimension]


def test_every_metric_is_documented_with_exactly_its_dimensions(made: Synthesized) -> None:
    filters = made.all("aws_cloudwatch_log_metric_filter").values()
    own = {(it["metric_transformation"]["namespace"], it["metric_transformation"]["name"]) for it in filters}
    stage = made.one("aws_api_gateway_stage")["stage_name"]
    names = ("AuthorizerFailures", "DailyLedgerBreaks", "SettlementDifferences")
    assert own == {(f"payments-{stage}", name) for name in names}
    for namespace, name, dimensions, _ in _measured(made):
        if (namespace, name) in own:
            assert dimensions == {}
        else:
            assert name in DOCUMENTED[namespace, " ".join(sorted(dimensions))].split()


def test_every_dimension_names_something_of_the_stack(made: Synthesized) -> None:
    for _, metric, dimensions, _ in _measured(made):
        for dimension, value in dimensions.items():
            if dimension in THINGS:
                found = re.fullmatch(r"\$\{(\w+)\.(\w+)\.(\w+)\}", value)
                assert found, f"{metric}: {dimension} = {value}"
                kind, id, attribute = found.groups()
                assert (kind, attribute) == THINGS[dimension]
                assert id in made.all(kind)
            else:
                assert value in _words(made, dimension)


def test_every_statistic_is_one(made: Synthesized) -> None:
    known = {"Average", "Maximum", "Minimum", "SampleCount", "Sum", "p50", "p99"}
    assert {statistic for *_, statistic in _measured(made)} <= known


def test_every_documented_metric_is_read_by_somebody(made: Synthesized) -> None:
    read = {(namespace, " ".join(sorted(it)), name) for namespace, name, it, _ in _measured(made)}
    listed = {(*place, name) for place, names in DOCUMENTED.items() for name in names.split()}
    assert listed <= read


def test_what_the_functions_write_is_what_is_read(made: Synthesized) -> None:
    store = MemoryStore()
    world = World(store=store)
    payment = world.authorized()
    world.do("capture", payment)
    world.do("refunds", payment, key="refund")
    world.do("refunds", payment, key="refund")
    broken = world.authorized()
    store.payments_by_id[broken] = replace(store.payments_by_id[broken], amount_capturable=-1)
    world.do("cancel", broken)
    merchant = World()
    endpoint(merchant)
    Sender(merchant).receive(event_messages(merchant))
    written = set()
    for line in map(json.loads, world.measured + merchant.measured):
        [directive] = line["_aws"]["CloudWatchMetrics"]
        [dimensions], [metric] = directive["Dimensions"], directive["Metrics"]
        written.add((directive["Namespace"], " ".join(sorted(dimensions)), metric["Name"]))
    read = {
        (namespace, " ".join(sorted(it)), name)
        for namespace, name, it, _ in _measured(made)
        if namespace == "Payments"
    }
    searched = {
        (namespace, " ".join(sorted(dimensions.split(","))), name)
        for widget in widgets(made, "Operations")
        for entry in widget["properties"].get("metrics", [])
        for namespace, dimensions, name in re.findall(
            r"^SEARCH\('\{(\w+),([\w,]+)\} MetricName=\"(\w+)\" Environment=\"\w+\"', 'Sum'\)$",
            str(entry[-1].get("expression")),
        )
    }
    assert {name for *_, name in searched} == {"CapturedAmount", "RefundedAmount"}
    assert written == read | searched
