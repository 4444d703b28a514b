"""An environment with all that is monitored, and how to read what watches it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from cdktf_cdktf_provider_aws.autoscaling_group import AutoscalingGroup

from constructs_lib.aws.api.api_contract import read_contract
from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.api.web_acl import WebAcl
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.messaging.event_bus import EventBus, EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.messaging.stream_pipe import Outbox
from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.aws.network.network import Network
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.aws.security.key import Key
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.payments.components.network import NAT_GATEWAYS
from constructs_lib.payments.monitoring.alarms import Alarms
from constructs_lib.payments.monitoring.alerts import Alerts
from constructs_lib.payments.monitoring.dashboards import Dashboards
from constructs_lib.payments.monitoring.monitored_resources import MonitoredResources
from constructs_lib.payments.table import Table
from constructs_lib.settings.environment import Environment
from constructs_lib.settings.environments import load
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import carve
from tests.constructs_lib.conftest import Builder, Synthesized

HANDLERS = Path(__file__).parents[3] / "handlers"
REGION = "eu-west-1"
type Metric = tuple[str, str, dict[str, str], str]


@functools.cache
def watching(name: str) -> Synthesized:
    """Alerts, alarms and dashboards of an environment, over the least that they can watch."""
    build, environment, naming = Builder(), load(name), Naming(name)
    key = build.key()
    monitored = _monitored(build, environment, naming, key)
    alerts = Alerts(
        build.stack, "Alerts", naming=naming, account=build.account, key=key, endpoints=environment.alerts
    )
    alarms = Alarms(
        build.stack,
        "Alarms",
        naming=naming,
        monitored=monitored,
        thresholds=environment.alarms,
        fewest_workers=environment.fleet.min,
        topic=alerts.ops,
    )
    Dashboards(
        build.stack,
        "Dashboards",
        naming=naming,
        region=REGION,
        monitored=monitored,
        alarms=alarms,
        alerts=alerts,
        budget=environment.budget,
    )
    return build.synth()


def _monitored(build: Builder, environment: Environment, naming: Naming, key: Key) -> MonitoredResources:
    stack, account, settings = build.stack, build.account, environment.lambda_
    groups: dict[str, LogGroup] = {}

    def log_group(name: str) -> LogGroup:
        groups[name] = LogGroup(
            stack, f"{name}LogGroup", name=f"/{name}", key=key, retention=timedelta(days=30)
        )
        return groups[name]

    public, private = carve(IPv4Network("10.0.0.0/16"), 2)
    network = Network(
        stack,
        "Network",
        name=naming.prefix,
        region=REGION,
        cidr=IPv4Network("10.0.0.0/16"),
        public_subnets=public,
        private_subnets=private,
        nat_gateways=NAT_GATEWAYS[environment.network.egress](2),
    )
    group = SecurityGroup(stack, "Group", name="functions", description="d", network=network)

    def function(id: str, name: str, timeout: timedelta) -> Function:
        return Function(
            stack,
            id,
            name=naming.name(name),
            sources={"app.py": HANDLERS / "authorizer" / "app.py"},
            handler="app.handler",
            memory_mb=settings.memory_mb,
            timeout=timeout,
            environment={},
            log_group=log_group(id),
            network=network,
            security_group=group,
        )

    processor = function("PaymentProcessor", "payment-processor", settings.payment_processor_timeout)
    authorizer = function("Authorizer", "authorizer", settings.authorizer_timeout)
    handler = function("EventHandler", "event-handler", settings.event_handler_timeout)
    rotation = function("Rotation", "rotation", timedelta(seconds=30))
    api = RestApi(
        stack,
        "Api",
        name=naming.prefix,
        contract=read_contract(HANDLERS / "openapi.json"),
        backend=processor,
        authorizer=authorizer,
        stage=environment.name,
        access_logs=log_group("Access"),
        throttle_rate=1,
        throttle_burst=1,
    )
    table = Table(stack, "Payments", name=naming.prefix, key=key, deletion_protection=False)
    undelivered = DeadLetterQueue(
        stack, "Undelivered", name=naming.name("undelivered"), account=account, key=key
    )
    bus = EventBus(stack, "Bus", name=naming.prefix, source="payments", archive_retention=timedelta(days=30))
    return MonitoredResources(
        environment=environment.name,
        api=api,
        web_acl=WebAcl(
            stack,
            "WebAcl",
            name=naming.prefix,
            api=api,
            requests_per_5_minutes=500,
            logs=log_group("WebAcl"),
        ),
        functions={
            "payment-processor": processor,
            "authorizer": authorizer,
            "event-handler": handler,
            "rotation": rotation,
        },
        table=table,
        audit=PrivateBucket(stack, "Audit", name="audit", lifecycle=[]),
        outbox=Outbox(
            stack,
            "Outbox",
            name=naming.name("outbox"),
            table=table,
            bus=bus,
            dead_letters=undelivered,
            account=account,
        ),
        bus=bus,
        payment_events=EventRule(
            stack,
            "PaymentEvents",
            name=naming.name("payment-events"),
            description="d",
            bus=bus,
            pattern={"source": ["payments"]},
            dead_letters=undelivered,
        ),
        queues={
            "queue": Queue(
                stack,
                "Queue",
                name=naming.name("queue"),
                account=account,
                key=key,
                visibility_timeout=environment.queue.visibility_timeout,
                max_receives=5,
                retention=timedelta(days=4),
            )
        },
        undelivered=undelivered,
        network=network,
        fleet=AutoscalingGroup(stack, "Fleet", name=naming.name("fleet"), min_size=0, max_size=1).name,
        fleet_logs=log_group("Fleet"),
        access_logs=groups["Access"],
        flow_logs=log_group("Flow"),
        web_acl_logs=groups["WebAcl"],
        log_groups=groups,
    )


def alarms(made: Synthesized) -> dict[str, dict[str, Any]]:
    """Metric alarms by what their names say behind the environment."""
    return {
        body["alarm_name"].split("-", 2)[2]: body for body in made.all("aws_cloudwatch_metric_alarm").values()
    }


def metrics_of_alarm(alarm: dict[str, Any]) -> Iterator[Metric]:
    if "metric_query" not in alarm:
        statistic = alarm.get("statistic") or alarm["extended_statistic"]
        yield alarm["namespace"], alarm["metric_name"], alarm.get("dimensions", {}), statistic
    for query in alarm.get("metric_query", []):
        if one := query.get("metric"):
            yield one["namespace"], one["metric_name"], one["dimensions"], one["stat"]


def widgets(made: Synthesized, dashboard: str) -> list[dict[str, Any]]:
    """Of the dashboard with this id; references come out as `${aws_sqs_queue.x.name}`, as elsewhere."""
    body = made.named("aws_cloudwatch_dashboard", f"Dashboards_{dashboard}")["dashboard_body"]
    text = body.removeprefix("${jsonencode(").removesuffix(")}")
    text = re.sub(r'(?<!\\)" = ', '": ', text)
    text = re.sub(r"(?<=[\[:, ])(aws_[\w.]+)(?=[\],}])", r'"${\1}"', text)
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def metrics_of_widget(widget: dict[str, Any]) -> Iterator[Metric]:
    for namespace, *rest in widget["properties"].get("metrics", []):
        if rest:
            name, *dimensions, options = rest
            yield (
                namespace,
                name,
                dict(zip(dimensions[::2], dimensions[1::2], strict=True)),
                options["stat"],
            )
