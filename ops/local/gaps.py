"""What the emulator lacks or gets wrong, put right before its first request.

Every filler names its service and operations, and says what was wrong without it as Terraform's provider
or an SDK sees it. All of them hook in at one place, the table of service handlers: behind authorization,
so that a role needs the same permissions as before.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import os
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

import boto3
import cbor2
import jmespath
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, router
from ministack.core.concurrency import spawn_background
from ministack.core.responses import get_account_id, get_region, set_request_account_id
from ministack.services import apigateway_v1 as rest
from ministack.services import ec2, eventbridge, pipes, ssm
from ministack.services import secretsmanager as secrets

Said = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Emulator = Callable[[], Awaitable[Said]]
Filler = Callable[[Said, Emulator], Awaitable[Said]]

logger = logging.getLogger("gaps")
FILLERS: dict[tuple[str, str], Filler] = {}
ARM_IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
TEMPLATE_VERSION = "join('/', [LaunchTemplateId, to_string(VersionNumber)])"
MODELS = {"monitoring": "cloudwatch"}  # the emulator's name of a service, where botocore has another


class Refused(Exception):
    """An error as the client is to see it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def fills(service: str, *operations: str) -> Callable[[Filler], Filler]:
    """Register a filler: it gets what the operation was given, and asks the emulator if and when it likes."""

    def register(filler: Filler) -> Filler:
        FILLERS.update({(service, operation): filler for operation in operations})
        return filler

    return register


# ---- The wire: requests and answers as dictionaries of member names, whatever the protocol


@functools.cache
def model(service: str) -> ServiceModel:
    name = MODELS.get(service, service)
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def handler(service: str, emulator: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    """A service's handler with its fillers in front."""

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Said) -> Answer:
        form = (
            dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
            if b"Action=" in body
            else {}
        )
        cbor = "cbor" in headers.get("smithy-protocol", "")
        operation = (
            form.get("Action")
            or (path.rpartition("/")[2] if cbor else headers.get("x-amz-target", "").rpartition(".")[2])
            or rest_operation(service, method, path)
        )
        filler = FILLERS.get((service, operation))
        if filler is None:
            return await emulator(method, path, headers, body, query)
        shapes = model(service).operation_model(operation)
        if form:
            given = unflatten(shapes.input_shape, form, "", dialect(service))
        else:
            given = (cbor2 if cbor else json).loads(body) if body else {}
            lists = {name for name, member in shapes.input_shape.members.items() if member.type_name == "list"}
            given |= (named_in_path(shapes, path) or {}) | {
                name: values if name in lists else values[0] for name, values in query.items()
            }

        async def ask() -> Said:
            nonlocal body
            if not form and not cbor and body:
                body = json.dumps(given).encode()
            status, answered, said = await emulator(method, path, headers, body, query)
            if status >= 300:
                raise Refused((status, answered, said))
            if form:
                return read_xml(dialect(service), shapes.output_shape, said)
            return (cbor2 if cbor else json).loads(said) if said else {}  # type: ignore[no-any-return]

        try:
            said = await filler(given, ask)
        except Refused as error:
            return error.answer
        except Exception:
            logger.exception("The filler of %s %s failed", service, operation)
            return await unsupported()  # a 500 is retried for ten minutes
        if form:
            return 200, {"Content-Type": "text/xml"}, write_xml(service, operation, said).encode()
        if cbor:
            kind = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
            return 200, kind, cbor2.dumps(said, datetime_as_timestamp=True)
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(said).encode()

    return handle


async def unsupported(*_: Any) -> Answer:
    """Every other operation of a service that is only filled in."""
    said = {"__type": "UnsupportedOperation", "message": "Local AWS has not this operation."}
    return 501, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(said).encode()


def dialect(service: str) -> str:
    return "ec2" if service == "ec2" else "query"


def rest_operation(service: str, method: str, path: str) -> str:
    """The filled operation that a REST request asks for, or nothing."""
    for name, operation in FILLERS:
        if name == service:
            shapes = model(service).operation_model(operation)
            if shapes.http["method"] == method and named_in_path(shapes, path) is not None:
                return operation
    return ""


def named_in_path(shapes: OperationModel, path: str) -> dict[str, str] | None:
    """Members that a request carries in its path; None where the path is another operation's."""
    found = uri_pattern(shapes.http["requestUri"]).fullmatch(path.rstrip("/"))
    return found and {name: unquote(value) for name, value in found.groupdict().items()}


@functools.cache
def uri_pattern(uri: str) -> re.Pattern[str]:
    """Of a model's `/things/{Name}/tags/{Arn}`; an ARN alone goes over slashes."""
    parts = re.split(r"\{(\w+)\+?\}", uri.partition("?")[0].rstrip("/"))
    labels = (f"(?P<{name}>{'.+' if name.lower().endswith('arn') else '[^/]+'})" for name in parts[1::2])
    return re.compile("".join(text for pair in zip(map(re.escape, parts[::2]), [*labels, ""]) for text in pair))


def unflatten(shape: Shape | None, form: Mapping[str, str], prefix: str, kind: str) -> Any:
    """A member of a form-encoded request by its shape; None when it is not there."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        pairs = (
            (name, unflatten(member, form, f"{prefix}{form_name(name, member, kind)}.", kind))
            for name, member in shape.members.items()
        )
        said = {name: value for name, value in pairs if value is not None}
        return said if said or not prefix else None
    if shape.type_name == "list":
        flat = kind == "ec2" or shape.serialization.get("flattened")
        start = prefix if flat else f"{prefix}member."
        present = range(
            1, 1 + len({key[len(start) :].partition(".")[0] for key in form if key.startswith(start)})
        )
        return [unflatten(shape.member, form, f"{start}{number}.", kind) for number in present] or None
    text = form.get(prefix[:-1])
    if text is None or shape.type_name not in ("boolean", "integer", "long", "double", "float"):
        return text
    return text == "true" if shape.type_name == "boolean" else json.loads(text)


def form_name(name: str, shape: Shape, kind: str) -> str:
    named = shape.serialization
    if kind != "ec2":
        return str(named.get("name", name))
    if "queryName" in named:
        return str(named["queryName"])
    return named["name"][0].upper() + named["name"][1:] if "name" in named else name


def read_xml(kind: str, shape: Shape | None, body: bytes) -> Said:
    said: Said = create_parser(kind).parse({"status_code": 200, "headers": {}, "body": body}, shape)
    return {name: value for name, value in said.items() if name != "ResponseMetadata"}


def write_xml(service: str, operation: str, said: Said) -> str:
    shape = model(service).operation_model(operation).output_shape
    inner = to_xml(shape, said) if shape else ""
    wrapper = shape.serialization.get("resultWrapper") if shape else None
    inner = f"<{wrapper}>{inner}</{wrapper}>" if wrapper else inner
    space = model(service).metadata["xmlNamespace"]
    return f'<{operation}Response xmlns="{space}">{inner}<requestId>local</requestId></{operation}Response>'


def to_xml(shape: Shape, value: Any) -> str:
    if shape.type_name == "structure":
        present = (
            (member, member.serialization.get("name", name), value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        )
        return "".join(f"<{name}>{to_xml(member, inner)}</{name}>" for member, name, inner in present)
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        return "".join(f"<{name}>{to_xml(shape.member, inner)}</{name}>" for inner in value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return escape(json.dumps(value) if isinstance(value, bool) else str(value))


# ---- What fillers remember

RECORDS: dict[tuple[str, ...], Said] = defaultdict(dict)


def records(*kind: str) -> Said:
    """What is remembered of one kind of thing, by id, in the caller's account and region."""
    return RECORDS[get_account_id(), get_region(), *kind]


def merged(old: Any, new: Any) -> Any:
    """An update says what changes; a list changes as a whole, unless its items have names."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: merged(old.get(name), value) for name, value in new.items()}
    if isinstance(old, list) and new and isinstance(new[0], dict) and "name" in new[0]:
        return list(merged({each["name"]: each for each in old}, {each["name"]: each for each in new}).values())
    return new


def remembers(
    symptom: str,
    service: str,
    *,
    writes: Mapping[str, str],
    reads: Mapping[str, str],
    key: str,
    members: Iterable[str] = (),
    derived: Mapping[str, str] | None = None,
) -> None:
    """Give back in `reads` what `writes` were given and the emulator dropped.

    `writes` maps an operation to where the ids of its things are, in what it was given and answered; `reads`
    maps one to its items; `key` is an item's id; `derived` are members computed from what was given (JMESPath).
    """
    kept = {
        name: jmespath.compile(where)
        for name, where in {**{m: m for m in members}, **(derived or {})}.items()
    }

    def read_back(said: Said, where: str) -> Said:
        found = jmespath.search(where, said)
        for item in found if isinstance(found, list) else [found] if found else []:
            item |= merged(item, records(service, key).get(jmespath.search(key, item), {}))
        return said

    async def write(operation: str, given: Said, emulator: Emulator) -> Said:
        said = await emulator()
        values = {name: where.search(given) for name, where in kept.items()}
        fresh = {name: value for name, value in values.items() if value is not None}
        found = jmespath.search(writes[operation], given | said)
        known = records(service, key)
        for name in found if isinstance(found, list) else [found]:
            replaces = operation.startswith(("Create", "Put", "Authorize"))
            known[name] = fresh if replaces else merged(known.get(name, {}), fresh)
        return read_back(said, reads[operation]) if operation in reads else said

    async def read(operation: str, given: Said, emulator: Emulator) -> Said:
        return read_back(await emulator(), reads[operation])

    for operation in {**reads, **writes}:
        act = write if operation in writes else read
        fills(service, operation)(functools.partial(act, operation))


# ---- Things that the emulator does not know at all


def absent(
    symptom: str,
    service: str,
    thing: str,
    *,
    key: str,
    arn: str,
    put: Iterable[str],
    get: Iterable[str],
    delete: str,
    unknown: str,
    shows: Callable[[Said], Said] = lambda _: {},
    starts_with: Mapping[str, Any] | None = None,
) -> None:
    """Keep a kind of thing: what was put is what is got.

    One answer has every form in which an operation asks for it (the members themselves, `thing` around
    them, a list): clients skip members that they do not know.
    """

    def answer(name: str) -> Said:
        record = records(thing)[name]
        shown = record | shows(record) | {"tags": records("tags").get(arn_of(name), {})}
        shown |= {f"{thing}Arn": arn_of(name)}
        return shown | {thing: shown, f"{thing}s": [shown]}

    def arn_of(name: str) -> str:
        if key.endswith("Arn") and ":" in name:
            return name
        return arn.format(region=get_region(), account=get_account_id(), id=name)

    def name_in(given: Said) -> str | None:
        body = given.get(thing, given)
        found = body.get(key, given.get(f"{key}List", [None])[0]) if key else thing
        return str(found) if found else None

    async def write(given: Said, _: Emulator) -> Said:
        body = given.get(thing, given)
        name = name_in(given) or uuid.uuid4().hex
        if not name_in(given) and key.endswith("Arn"):
            name = arn_of(name)
        old = records(thing).get(name, dict(starts_with or {}) | ({key: name} if key else {}))
        records(thing)[name] = merged(old, body)
        put_tags(arn_of(name), given)
        return answer(name)

    async def read(given: Said, _: Emulator) -> Said:
        name = name_in(given) or next(iter(records(thing)), "")
        if name not in records(thing):
            body = json.dumps({"__type": unknown, "message": f"{thing} {name} is not owned by the current account"})
            kind = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": unknown}
            raise Refused((400, kind, body.encode()))
        return answer(name)

    async def remove(given: Said, _: Emulator) -> Said:
        records(thing).pop(name_in(given), None)
        return {}

    fills(service, *put)(write)
    fills(service, *get)(read)
    fills(service, delete)(remove)


def put_tags(arn: str, given: Said) -> None:
    listed = given.get("Tags") or given.get("ResourceTags") or []
    records("tags").setdefault(arn, {}).update({each["Key"]: each["Value"] for each in listed} | given.get("tags", {}))


async def tagging(given: Said, _: Emulator) -> Said:
    """Tag, untag and list, in the three spellings that services have."""
    arn = next(value for name, value in given.items() if name.lower() == "resourcearn")
    put_tags(arn, given)
    tags = records("tags")[arn]
    for name in given.get("tagKeys") or given.get("TagKeys") or given.get("ResourceTagKeys") or ():
        tags.pop(name, None)
    listed = [{"Key": name, "Value": value} for name, value in tags.items()]
    return {"tags": tags, "Tags": listed, "ResourceTags": listed}


# ---- Members that the emulator accepts and drops


remembers(
    "aws_flow_log wants replacing on every plan: role, interval and format are gone",
    "ec2",
    writes={"CreateFlowLogs": "FlowLogIds"},
    reads={"DescribeFlowLogs": "FlowLogs"},
    key="FlowLogId",
    members=("DeliverLogsPermissionArn", "LogFormat", "LogGroupName", "MaxAggregationInterval"),
)
remembers(
    "aws_launch_template differs on every plan: key of a disk and groups of an interface are gone",
    "ec2",
    writes={
        "CreateLaunchTemplate": "join('/', [LaunchTemplate.LaunchTemplateId, '1'])",
        "CreateLaunchTemplateVersion": f"LaunchTemplateVersion.{TEMPLATE_VERSION}",
    },
    reads={"DescribeLaunchTemplateVersions": "LaunchTemplateVersions"},
    key=TEMPLATE_VERSION,
    members=("LaunchTemplateData",),
)
remembers(
    "aws_vpc_endpoint differs on every plan: policy, groups and private DNS are gone",
    "ec2",
    writes={"CreateVpcEndpoint": "VpcEndpoint.VpcEndpointId", "ModifyVpcEndpoint": "VpcEndpointId"},
    reads={"CreateVpcEndpoint": "VpcEndpoint", "DescribeVpcEndpoints": "VpcEndpoints"},
    key="VpcEndpointId",
    members=("PolicyDocument", "PrivateDnsEnabled"),
    derived={"Groups": "SecurityGroupIds[].{GroupId: @}"},
)
remembers(
    "aws_lambda_event_source_mapping differs on every plan: metrics are gone",
    "lambda",
    writes={"CreateEventSourceMapping": "UUID", "UpdateEventSourceMapping": "UUID"},
    reads={"CreateEventSourceMapping": "@", "UpdateEventSourceMapping": "@", "GetEventSourceMapping": "@"},
    key="UUID",
    members=("MetricsConfig",),
)
remembers(
    "aws_pipes_pipe wants replacing on every plan: its parameters are gone",
    "pipes",
    writes={"CreatePipe": "Name", "UpdatePipe": "Name"},  # CreatePipe: see below, too
    reads={"DescribePipe": "@"},
    key="Name",
    members=(
        "Enrichment",
        "EnrichmentParameters",
        "KmsKeyIdentifier",
        "LogConfiguration",
        "SourceParameters",
        "TargetParameters",
    ),
)


# ---- Alarms


@fills("monitoring", "PutMetricAlarm", "PutCompositeAlarm")
async def put_alarm(given: Said, emulator: Emulator) -> Said:
    """Metric math is dropped, and so are the members of DescribeAlarms below."""
    said = await emulator()
    records("alarm")[given["AlarmName"]] = {name: value for name, value in given.items() if name != "Tags"}
    return said


@fills("monitoring", "DescribeAlarms")
async def describe_alarms(given: Said, emulator: Emulator) -> Said:
    """Alarms differ on every plan: the XML answer prints nine fields."""
    said = await emulator()
    for alarms in (said.get("MetricAlarms", []), said.get("CompositeAlarms", [])):
        for alarm in alarms:
            put = records("alarm").get(alarm["AlarmName"], {})
            alarm |= put
            if "Metrics" in put:  # one metric of its own is what such an alarm has not
                for name in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions", "Unit"):
                    alarm.pop(name, None)
    return said


# ---- API Gateway


@fills("apigateway", "CreateApiKey")
async def create_api_key(given: Said, emulator: Emulator) -> Said:
    """aws_api_gateway_api_key without a value is refused: the provider sends an empty one."""
    if not given.get("value"):
        given.pop("value", None)
    return await emulator()


@fills("apigateway", "PutIntegration", "GetIntegration")
async def integration(given: Said, emulator: Emulator) -> Said:
    """A MOCK integration wants replacing on every plan: it is answered with an HTTP method."""
    said = await emulator()
    if said.get("type") == "MOCK":
        said.pop("httpMethod", None)
    return said


@fills("apigateway", "GetStage", "UpdateStage", "GetUsagePlan", "UpdateUsagePlan")
async def no_empty_settings(given: Said, emulator: Emulator) -> Said:
    """A stage without access logs and a usage plan without throttling differ on every plan: both come empty."""
    said = await emulator()
    return {name: value for name, value in said.items() if not isinstance(value, dict) or any(value.values())}


@fills("apigateway", "TagResource", "UntagResource")
async def tag_api(given: Said, emulator: Emulator) -> Said:
    """Tags that an update changes stay as they were: they are written to another place than they are read from."""
    kind, name, *stage = given["resource_arn"].partition("::/")[2].split("/")
    stores = {"apikeys": rest._api_keys, "restapis": rest._rest_apis, "usageplans": rest._usage_plans}
    thing = rest._stages_v1[name][stage[1]] if stage else stores[kind][name]
    kept = {key: value for key, value in thing["tags"].items() if key not in given.get("tagKeys", [])}
    thing["tags"] = kept | given.get("tags", {})
    return {}


def patch(_: Any, thing: Said, operations: list[Said]) -> Said:
    """An update leaves numbers as text, `~1` in names and a list's new item in place of the list."""
    for each in operations:
        *outer, name = (part.replace("~1", "/").replace("~0", "~") for part in each["path"][1:].split("/"))
        place = thing
        for key in outer:
            place[key] = place = place.get(key) or {}
        old, value = place.get(name), each.get("value")
        if isinstance(old, list):
            item = dict(zip(("apiId", "stage"), value.split(":"), strict=True)) if name == "apiStages" else value
            place[name] = [other for other in old if other != item] + [item] * (each["op"] == "add")
        elif each["op"] == "remove":
            place.pop(name, None)
        else:
            place[name] = json.loads(value) if isinstance(old, int | float) and isinstance(value, str) else value
    return thing


# ---- WAF


remembers(
    "aws_wafv2_web_acl differs on every plan: custom bodies are gone, and an update leaves the description",
    "wafv2",
    writes={"CreateWebACL": "Summary.Id", "UpdateWebACL": "Id"},
    reads={"GetWebACL": "WebACL"},
    key="Id",
    members=("CustomResponseBodies", "Description"),
)


absent(
    "aws_wafv2_web_acl_logging_configuration: the three operations are missing",
    "wafv2",
    "LoggingConfiguration",
    key="ResourceArn",
    arn="",
    put=("PutLoggingConfiguration",),
    get=("GetLoggingConfiguration",),
    delete="DeleteLoggingConfiguration",
    unknown="WAFNonexistentItemException",
)


# ---- Auto Scaling


remembers(
    "aws_autoscaling_group differs on every plan: the answer has a fixed list of fields",
    "autoscaling",
    writes={name: "AutoScalingGroupName" for name in ("CreateAutoScalingGroup", "UpdateAutoScalingGroup")},
    reads={"DescribeAutoScalingGroups": "AutoScalingGroups"},
    key="AutoScalingGroupName",
    members=("CapacityRebalance", "DefaultInstanceWarmup", "DesiredCapacityType", "InstanceMaintenancePolicy",
             "MaxInstanceLifetime", "MixedInstancesPolicy", "TerminationPolicies"),
)


def group(given: Said) -> Said:
    """What is remembered of an Auto Scaling group."""
    return records("autoscaling", "AutoScalingGroupName").setdefault(given["AutoScalingGroupName"], {})


@fills("autoscaling", "EnableMetricsCollection")
async def enable_metrics(given: Said, emulator: Emulator) -> Said:
    """aws_autoscaling_group with enabled_metrics: the operations are missing."""
    others = [each for each in group(given).get("EnabledMetrics", []) if each["Metric"] not in given["Metrics"]]
    fresh = [{"Metric": name, "Granularity": given["Granularity"]} for name in given["Metrics"]]
    group(given)["EnabledMetrics"] = others + fresh
    return {}


@fills("autoscaling", "DisableMetricsCollection")
async def disable_metrics(given: Said, emulator: Emulator) -> Said:
    gone = given.get("Metrics")
    left = [each for each in group(given).get("EnabledMetrics", []) if gone and each["Metric"] not in gone]
    group(given)["EnabledMetrics"] = left
    return {}


@fills("autoscaling", "PutWarmPool")
async def put_warm_pool(given: Said, emulator: Emulator) -> Said:
    """aws_autoscaling_group with warm_pool: the operations are missing."""
    pool = group(given).setdefault("WarmPoolConfiguration", {})
    pool |= {name: value for name, value in given.items() if name != "AutoScalingGroupName"}
    return {}


@fills("autoscaling", "DescribeWarmPool")
async def describe_warm_pool(given: Said, emulator: Emulator) -> Said:
    return {"WarmPoolConfiguration": group(given).get("WarmPoolConfiguration"), "Instances": []}


@fills("autoscaling", "DeleteWarmPool")
async def delete_warm_pool(given: Said, emulator: Emulator) -> Said:
    group(given).pop("WarmPoolConfiguration", None)
    return {}


@fills("autoscaling", "DescribePolicies")
async def describe_policies(given: Said, emulator: Emulator) -> Said:
    """aws_autoscaling_policy finds too many results: the names that it asks for are ignored."""
    said = await emulator()
    names = given.get("PolicyNames")
    return {"ScalingPolicies": [each for each in said["ScalingPolicies"] if not names or each["PolicyName"] in names]}


# ---- Services that are missing as a whole


absent(
    "aws_guardduty_detector and its features: UnknownError",
    "guardduty",
    "Detector",
    key="DetectorId",
    arn="arn:aws:guardduty:{region}:{account}:detector/{id}",
    put=("CreateDetector", "UpdateDetector"),
    get=("GetDetector", "ListDetectors"),
    delete="DeleteDetector",
    unknown="BadRequestException",
    shows=lambda detector: {
        "detectorId": detector["DetectorId"],
        "detectorIds": list(records("Detector")),
        "status": "ENABLED" if detector["enable"] else "DISABLED",
    },
    starts_with={"findingPublishingFrequency": "SIX_HOURS"},
)
absent(
    "aws_shield_protection: UnknownError",
    "shield",
    "Protection",
    key="ProtectionId",
    arn="arn:aws:shield::{account}:protection/{id}",
    put=("CreateProtection",),
    get=("DescribeProtection",),
    delete="DeleteProtection",
    unknown="ResourceNotFoundException",
    shows=lambda protection: {"Id": protection["ProtectionId"]},
)
absent(
    "aws_shield_subscription: UnknownError",
    "shield",
    "Subscription",
    key="",
    arn="arn:aws:shield::{account}:subscription",
    put=("CreateSubscription", "UpdateSubscription"),
    get=("DescribeSubscription", "GetSubscriptionState"),
    delete="DeleteSubscription",
    unknown="ResourceNotFoundException",
    shows=lambda _: {"SubscriptionState": "ACTIVE"},
    starts_with={"AutoRenew": "ENABLED", "TimeCommitmentInSeconds": 31536000},
)
for thing, plural in (("AnomalyMonitor", "AnomalyMonitors"), ("AnomalySubscription", "AnomalySubscriptions")):
    absent(
        "aws_ce_anomaly_monitor and aws_ce_anomaly_subscription: UnknownError",
        "ce",
        thing,
        key=f"{thing.removeprefix('Anomaly')}Arn",
        arn=f"arn:aws:ce::{{account}}:{thing.lower()}/{{id}}",
        put=(f"Create{thing}", f"Update{thing}"),
        get=(f"Get{plural}",),
        delete=f"Delete{thing}",
        unknown=f"Unknown{thing.removeprefix('Anomaly')}Exception",
    )
for service in ("guardduty", "shield", "ce"):
    fills(service, "TagResource", "UntagResource", "ListTagsForResource")(tagging)


# ---- Pipes: no filter, no template, no retry, no role, and no target but SNS and Step Functions


remember_pipe = FILLERS["pipes", "CreatePipe"]


@fills("pipes", "CreatePipe")
async def create_pipe(given: Said, emulator: Emulator) -> Said:
    """A pipe always began at the latest record."""
    said = await remember_pipe(given, emulator)
    pipe = pipes._pipes[given["Name"]]
    pipe["StartingPosition"] = pipe_limits(given).get("StartingPosition", "LATEST")
    pipes._positions[pipe["Arn"]] = pipes._initial_position(pipe)
    return said


def pipe_limits(parameters: Said) -> Said:
    limits: Said = parameters.get("SourceParameters", {}).get("DynamoDBStreamParameters", {})
    return limits


def poll_pipes() -> None:
    """Look five times a second: the emulator looks once."""
    while True:
        try:
            pipes._poll_once()
        except Exception:
            logger.exception("A pipe failed")
        time.sleep(0.2)


def deliver(others: Callable[[Said, list[Said]], bool], pipe: Said, batch: list[Said]) -> bool:
    """Records to an event bus: in order, each until it is through, expired or out of retries."""
    if not pipe["Target"].startswith("arn:aws:events:"):
        return others(pipe, batch)
    if time.monotonic() < pipe.get("NotBefore", 0):
        return False
    parameters = records("pipes", "Name")[pipe["Name"]]
    for done, record in enumerate(batch):
        try:
            if passes(parameters, record):
                put_event(pipe, parameters.get("TargetParameters", {}), record)
        except Exception as error:
            logger.warning("Pipe %s could not deliver %s: %s", pipe["Name"], record["eventID"], error)
            pipe["Tries"] = pipe.get("Tries", 0) + 1
            if not out_of_retries(pipe_limits(parameters), record, pipe["Tries"]):
                pipe["NotBefore"] = time.monotonic() + min(2 ** pipe["Tries"] / 10, 30)
                pipes._positions[pipe["Arn"]] += done
                return False
            dead_letter(pipe, pipe_limits(parameters), record)
        pipe["Tries"] = 0
    return True


def passes(parameters: Said, record: Said) -> bool:
    filters = parameters.get("SourceParameters", {}).get("FilterCriteria", {}).get("Filters", [])
    found = (eventbridge._compiled_pattern(each["Pattern"]) for each in filters)
    return not filters or any(eventbridge._matches_detail(record, one) for every in found for one in every)


def put_event(pipe: Said, target: Said, record: Said) -> None:
    """Read the stream and put the event with the role's own permissions."""
    stream = client("dynamodbstreams", pipe["RoleArn"])
    shard = stream.describe_stream(StreamArn=pipe["Source"])["StreamDescription"]["Shards"][0]["ShardId"]
    place = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": record["dynamodb"]["SequenceNumber"]}
    iterator = stream.get_shard_iterator(StreamArn=pipe["Source"], ShardId=shard, **place)["ShardIterator"]
    stream.get_records(ShardIterator=iterator, Limit=1)
    named = target.get("EventBridgeEventBusParameters", {})
    template = target.get("InputTemplate")
    entry = {
        "EventBusName": pipe["Target"],
        "Source": at(record, named.get("Source", f"Pipe {pipe['Name']}")),
        "DetailType": at(record, named.get("DetailType", "Event from aws:dynamodb")),
        "Detail": rendered(template, record) if template else json.dumps(record),
    }
    json.loads(entry["Detail"])
    answer = client("events", pipe["RoleArn"]).put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise ValueError(answer["Entries"][0])


def rendered(template: str, record: Said) -> str:
    """A template's `<$.path>`: as JSON where a value may stand, as text within a string."""

    def one(found: re.Match[str]) -> str:
        if found[1]:
            return json.dumps(at(record, found[1]))
        return re.sub(r"<([^<>]+)>", lambda inner: json.dumps(str(at(record, inner[1])))[1:-1], found[0])

    return re.sub(r'"(?:[^"\\]|\\.)*"|<([^<>]+)>', one, template)


def at(record: Said, path: str) -> Any:
    """What a path like `$.dynamodb.NewImage.type.S` leads to; a text that is no path is itself."""
    if not path.startswith("$."):
        return path
    return functools.reduce(lambda inner, name: inner[name], path[2:].split("."), record)


def out_of_retries(limits: Said, record: Said, tries: int) -> bool:
    age, oldest = time.time() - record["dynamodb"]["ApproximateCreationDateTime"], limits.get("MaximumRecordAgeInSeconds", -1)
    return 0 <= limits.get("MaximumRetryAttempts", -1) < tries or 0 < oldest < age


def dead_letter(pipe: Said, limits: Said, record: Said) -> None:
    """Where the record was, not what it held: as AWS does it."""
    queue = limits.get("DeadLetterConfig", {}).get("Arn")
    if queue:
        number, created = record["dynamodb"]["SequenceNumber"], record["dynamodb"]["ApproximateCreationDateTime"]
        said = {
            "context": {"partnerResourceArn": pipe["Arn"], "condition": "RetryAttemptsExhausted"},
            "version": "1.0",
            "timestamp": now(),
            "DDBStreamBatchInfo": {
                "streamArn": pipe["Source"],
                "batchSize": 1,
                "startSequenceNumber": number,
                "endSequenceNumber": number,
                "approximateArrivalOfFirstRecord": created,
                "approximateArrivalOfLastRecord": created,
            },
        }
        url = "/".join([endpoint(), *queue.split(":")[-2:]])
        client("sqs", pipe["RoleArn"]).send_message(QueueUrl=url, MessageBody=json.dumps(said))


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def client(service: str, role: str = "") -> Any:
    """A client of this very engine in the caller's account and region: as a role, or as root."""
    return cached_client(service, role, get_account_id(), get_region())


def endpoint() -> str:
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"


@functools.cache
def cached_client(service: str, role: str, account: str, region: str) -> Any:
    keys = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"], "AWS_SESSION_TOKEN": None}
    if role:
        function = {"FunctionArn": f"arn:aws:lambda:{region}:{account}:function:local", "Role": role}
        keys = lambda_runtime.execution_credentials(function)
    return boto3.Session().client(
        service,
        region_name=region,
        endpoint_url=endpoint(),
        **{name.lower(): value for name, value in keys.items()},
    )


# ---- Secret rotation


@fills("secretsmanager", "RotateSecret")
async def rotate_secret(given: Said, emulator: Emulator) -> Said:
    """A rotation copied the value: now it calls its function, step by step, as Secrets Manager does."""
    _, secret = secrets._resolve(given["SecretId"])
    if secret is None or not (given.get("RotationLambdaARN") or secret.get("RotationLambdaARN")):
        return await emulator()
    secret |= {name: given[name] for name in ("RotationLambdaARN", "RotationRules") if name in given}
    secret["RotationEnabled"] = True
    version = given.get("ClientRequestToken") or str(uuid.uuid4())
    if given.get("RotateImmediately", True):
        secret["Versions"][version] = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time()), "Stages": ["AWSPENDING"]}
        spawn_background(rotate, secret["ARN"], secret["RotationLambdaARN"], version)
    return {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version}


def rotate(secret: str, function: str, version: str) -> None:
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        event = {"Step": step, "SecretId": secret, "ClientRequestToken": version}
        answer = client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        if "FunctionError" in answer:
            logger.error("Rotation of %s failed at %s: %s", secret, step, answer["Payload"].read())
            return


@fills("secretsmanager", "CancelRotateSecret")
async def cancel_rotation(given: Said, emulator: Emulator) -> Said:
    """aws_secretsmanager_secret_rotation cannot be destroyed: the operation is missing."""
    _, secret = secrets._resolve(given["SecretId"])
    secret["RotationEnabled"] = False
    return {"ARN": secret["ARN"], "Name": secret["Name"]}


# ---- EC2


def ip_permissions(parse: Callable[..., list[Said]], params: Said, prefix: str) -> list[Said]:
    """A rule with prefix_list_id crashes plan and destroy: the list is not read from the request …"""
    rules = parse(params, prefix)
    for number, rule in enumerate(rules, 1):
        given = {name: ec2._p(params, f"{prefix}.{number}.PrefixListIds.1.{name}") for name in ("PrefixListId", "Description")}
        if given["PrefixListId"]:
            rule["PrefixListIds"] = [given]
    return rules


def rule_xml(write: Callable[..., str], group: str, rule: Said, is_egress: bool = False) -> str:
    """… nor put in the answer."""
    lists = "".join(f"<prefixListId>{given['PrefixListId']}</prefixListId>" for given in rule.get("PrefixListIds", []))
    return write(group, rule, is_egress).replace("</item>", f"{lists}</item>")


def tag_specifications(parse: Callable[..., None], params: Said, kind: str, name: str) -> None:
    """A flow log loses its tags: they are looked for under a name that the resource type has not."""
    parse(params, {"flow-log": "vpc-flow-log"}.get(kind, kind), name)


# ---- Who may do what


def stream_arn(extract: Callable[..., str], service: str, *request: Any) -> str:
    """No role could be allowed to read one stream: its ARN was not looked for."""
    if service != "dynamodbstreams":
        return extract(service, *request)
    given = json.loads(request[3] or b"{}")
    if "ShardIterator" in given:
        given = {"StreamArn": json.loads(base64.urlsafe_b64decode(given["ShardIterator"]))["arn"]}
    return str(given.get("StreamArn", "*"))


async def owners_api(handle: Callable[..., Awaitable[Answer]], host: str, path: str, *rest_: Any, **named: Any) -> Answer:
    """A stage answered in one account only: a call without AWS credentials is its API owner's."""
    parsed = app._parse_execute_api_url(host, path)
    for account, region, name in parsed and rest._rest_apis._data or ():
        if name == parsed[0]:
            set_request_account_id(account)
    return await handle(host, path, *rest_, **named)


# ---- Root, and the hooks


def over_tls(pin: Callable[[str, bool], None], address: str, secure: bool) -> None:
    """A policy that refuses plain HTTP (aws:SecureTransport) refused everybody: loopback stands for TLS."""
    pin(address, True)


def install() -> None:
    """Put every filler in its place."""
    for service in {service for service, _ in FILLERS}:
        if service not in app.SERVICE_HANDLERS:
            router.SERVICE_PATTERNS[service] = {}
            iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service
            iam_actions._BOTOCORE_SERVICE_MAP[service] = [service]
        app.SERVICE_HANDLERS[service] = handler(service, app.SERVICE_HANDLERS.get(service, unsupported))
    pipes._poll_loop = poll_pipes
    for module, name, filler in (
        (pipes, "_deliver_batch", deliver),
        (iam_actions, "extract_resource_arn", stream_arn),
        (rest, "_apply_patch", patch),
        (app, "_handle_execute_api_request", owners_api),
        (app, "pin_request_origin", over_tls),
        (ec2, "_parse_ip_permissions", ip_permissions),
        (ec2, "_sg_rule_xml", rule_xml),
        (ec2, "_parse_tag_specs", tag_specifications),
    ):
        setattr(module, name, functools.partial(filler, getattr(module, name)))
    # aws_ssm_parameter of the newest arm64 image: not found.
    ssm._PUBLIC_AMI_PARAMETERS |= {ARM_IMAGE: "ami-0c2023a1b2c3d4e5f"}
    # Any 12 digits, no key at all and any signature were root: now it takes an account's id and the secret.
    iam_evaluator.is_root_access_key = lambda key: bool(re.fullmatch(r"\d{12}", key))
    iam_evaluator._is_root_key = lambda key: False
