"""What is measured: metrics by AWS's names, and expressions over them.

Names and dimensions: the pages "… metrics and dimensions" of each service's guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.nat_gateway import NatGateway

from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.api.web_acl import WebAcl
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.messaging.event_bus import EventBus, EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.messaging.stream_pipe import Outbox
from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.payments.table import Table

OWN = "Payments"  # namespace


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of one thing; `statistic` is `Sum`, `Average`, `p99` …"""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


@dataclass(frozen=True, slots=True)
class Expression:
    """Metric math; `metrics` are the names that stand in it."""

    text: str
    metrics: Mapping[str, Metric]


type Measure = Metric | Expression


def of_function(function: Function, name: str, statistic: str = "Sum") -> Metric:
    return Metric("AWS/Lambda", name, {"FunctionName": function.name}, statistic)


def of_api(api: RestApi, name: str, statistic: str = "Sum") -> Metric:
    dimensions = {"ApiName": api.resource.name, "Stage": api.stage.stage_name}
    return Metric("AWS/ApiGateway", name, dimensions, statistic)


def of_table(table: Table, name: str, statistic: str = "Sum", *, operation: str | None = None) -> Metric:
    dimensions = {"TableName": table.name} | ({"Operation": operation} if operation else {})
    return Metric("AWS/DynamoDB", name, dimensions, statistic)


def of_queue(queue: Queue | DeadLetterQueue, name: str, statistic: str = "Maximum") -> Metric:
    return Metric("AWS/SQS", name, {"QueueName": queue.name}, statistic)


def of_outbox(outbox: Outbox, name: str) -> Metric:
    return Metric("AWS/EventBridge/Pipes", name, {"PipeName": outbox.resource.name})


def of_rule(bus: EventBus, rule: EventRule, name: str) -> Metric:
    return Metric("AWS/Events", name, {"EventBusName": bus.name, "RuleName": rule.resource.name})


def of_nat(nat: NatGateway, name: str, statistic: str = "Sum") -> Metric:
    return Metric("AWS/NATGateway", name, {"NatGatewayId": nat.id}, statistic)


def of_fleet(group: str, namespace: str, name: str, statistic: str) -> Metric:
    return Metric(namespace, name, {"AutoScalingGroupName": group}, statistic)


def of_web_acl(web_acl: WebAcl, region: str, name: str, *, rule: str = "ALL") -> Metric:
    return Metric("AWS/WAFV2", name, {"WebACL": web_acl.metric, "Region": region, "Rule": rule})


def of_topic(topic: AnyTopic, name: str) -> Metric:
    return Metric("AWS/SNS", name, {"TopicName": topic.name})


def of_log_group(group: LogGroup, name: str) -> Metric:
    return Metric("AWS/Logs", name, {"LogGroupName": group.name})


def of_payments(environment: str, name: str, statistic: str = "Sum", **dimension: str) -> Metric:
    """What the functions write themselves: handlers/payments/metrics.py."""
    return Metric(OWN, name, {"Environment": environment, **dimension}, statistic)


def by_currency(environment: str, name: str) -> Expression:
    """A line a currency, whichever there are; minor units."""
    found = f'{{{OWN},Environment,Currency}} MetricName="{name}" Environment="{environment}"'
    return Expression(f"SEARCH('{found}', 'Sum')", {})


def of_bucket(bucket: PrivateBucket, storage: str) -> Metric:
    """Bytes in a storage class, measured once a day."""
    dimensions = {"BucketName": bucket.name, "StorageType": storage}
    return Metric("AWS/S3", "BucketSizeBytes", dimensions, "Average")
