"""Metrics of AWS services and expressions over them.

Names and dimensions are those of the pages "… metrics and dimensions" in each service's guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.nat_gateway import NatGateway

from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.api.web_acl import WebAcl
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.messaging.event_bus import EventBus, EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.messaging.stream_pipe import StreamPipe
from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.aws.storage.table import Table


@dataclass(frozen=True, slots=True)
class Metric:
    """Represents one metric; `statistic` is `Sum`, `Average`, `p99` …"""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


@dataclass(frozen=True, slots=True)
class Expression:
    """Represents metric math; `metrics` are by their ids in `text`."""

    text: str
    metrics: Mapping[str, Metric]


type Measure = Metric | Expression


def of_function(function: Function, name: str, statistic: str = "Sum") -> Metric:
    return Metric("AWS/Lambda", name, {"FunctionName": function.name}, statistic)


def of_api(api: RestApi, name: str, statistic: str = "Sum") -> Metric:
    dimensions = {"ApiName": api.name, "Stage": api.stage.stage_name}
    return Metric("AWS/ApiGateway", name, dimensions, statistic)


def of_table(table: Table, name: str, statistic: str = "Sum", *, operation: str | None = None) -> Metric:
    dimensions = {"TableName": table.name} | ({"Operation": operation} if operation else {})
    return Metric("AWS/DynamoDB", name, dimensions, statistic)


def of_queue(queue: Queue | DeadLetterQueue, name: str, statistic: str = "Maximum") -> Metric:
    return Metric("AWS/SQS", name, {"QueueName": queue.name}, statistic)


def of_pipe(pipe: StreamPipe, name: str) -> Metric:
    return Metric("AWS/EventBridge/Pipes", name, {"PipeName": pipe.name})


def of_rule(bus: EventBus, rule: EventRule, name: str) -> Metric:
    return Metric("AWS/Events", name, {"EventBusName": bus.name, "RuleName": rule.name})


def of_nat(nat: NatGateway, name: str, statistic: str = "Sum") -> Metric:
    return Metric("AWS/NATGateway", name, {"NatGatewayId": nat.id}, statistic)


def of_fleet(group: str, namespace: str, name: str, statistic: str) -> Metric:
    return Metric(namespace, name, {"AutoScalingGroupName": group}, statistic)


def of_web_acl(web_acl: WebAcl, region: str, name: str, *, rule: str = "ALL") -> Metric:
    return Metric("AWS/WAFV2", name, {"WebACL": web_acl.name, "Region": region, "Rule": rule})


def of_topic(topic: AnyTopic, name: str) -> Metric:
    return Metric("AWS/SNS", name, {"TopicName": topic.name})


def of_log_group(group: LogGroup, name: str) -> Metric:
    return Metric("AWS/Logs", name, {"LogGroupName": group.name})


def of_bucket(bucket: PrivateBucket, storage: str) -> Metric:
    """Returns the bytes of a storage class, such as `StandardStorage`; CloudWatch has one value a day."""
    dimensions = {"BucketName": bucket.name, "StorageType": storage}
    return Metric("AWS/S3", "BucketSizeBytes", dimensions, "Average")
