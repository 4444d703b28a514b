"""What the emulator lacks or gets wrong, put right before its first request: the whole list.

Every gap names its service and operations, and what was wrong as Terraform's provider or an SDK sees it.
Fillers hook in behind authorization, so that a role needs the same permissions with them as without.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import re
import time
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, router
from ministack.core.concurrency import spawn_background
from ministack.core.responses import set_request_account_id
from ministack.services import apigateway_v1 as rest
from ministack.services import ec2, iam, pipes, s3, sns, ssm
from ministack.services import secretsmanager as secrets

from ops.local import pipe
from ops.local.loopback import client
from ops.local.memory import absent, records, remembers
from ops.local.wire import FILLERS, Answer, Emulator, Handler, Refused, Said, fills, handler, model, refused

NEWEST_ARM_IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
TEMPLATE_VERSION = "join('/', [LaunchTemplateId, to_string(VersionNumber)])"
SERVICE_ROLES = {"autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling"}
NO_TEXT = ("boolean", "double", "integer", "long")
logger = logging.getLogger("gaps")

# ---- EC2

remembers(
    "aws_flow_log wants replacing on every plan: role, interval and format are dropped",
    "ec2",
    writes={"CreateFlowLogs": "FlowLogIds"},
    reads={"DescribeFlowLogs": "FlowLogs"},
    key="FlowLogId",
    members=("DeliverLogsPermissionArn", "LogFormat", "LogGroupName", "MaxAggregationInterval"),
)
remembers(
    "aws_vpc_endpoint differs on every plan: policy, groups and private DNS are dropped",
    "ec2",
    writes={"CreateVpcEndpoint": "VpcEndpoint.VpcEndpointId", "ModifyVpcEndpoint": "VpcEndpointId"},
    reads={"CreateVpcEndpoint": "VpcEndpoint", "DescribeVpcEndpoints": "VpcEndpoints"},
    key="VpcEndpointId",
    members=("PolicyDocument", "PrivateDnsEnabled"),
    derived={"Groups": "SecurityGroupIds[].{GroupId: @}"},
)
remembers(
    "an imported aws_nat_gateway wants replacing: it does not say which address it has",
    "ec2",
    writes={"CreateNatGateway": "NatGateway.NatGatewayId"},
    reads={"DescribeNatGateways": "NatGateways"},
    key="NatGatewayId",
    derived={"NatGatewayAddresses": "AllocationId && [{AllocationId: AllocationId, IsPrimary: `true`}]"},
)
remembers(
    "aws_launch_template differs on every plan: a disk's key and an interface's groups are dropped",
    "ec2",
    writes={
        "CreateLaunchTemplate": "join('/', [LaunchTemplate.LaunchTemplateId, '1'])",
        "CreateLaunchTemplateVersion": f"LaunchTemplateVersion.{TEMPLATE_VERSION}",
    },
    reads={"DescribeLaunchTemplateVersions": "LaunchTemplateVersions"},
    key=TEMPLATE_VERSION,
    members=("LaunchTemplateData",),
)


@fills("ec2", "DescribeAddresses", "DescribeVpcEndpoints")
async def filtered(given: Said, emulator: Emulator) -> Said:
    """What is looked up by tag or by VPC is found in other environments too: both filters are ignored."""
    said = await emulator()
    for each in given.get("Filters", []):
        _, _, tag = each["Name"].partition("tag:")
        for found in said.values():
            if isinstance(found, list) and (tag or each["Name"] == "vpc-id"):
                found[:] = [one for one in found if _filtered_by(one, tag) in each["Values"]]
    return said


def _filtered_by(one: Said, tag: str) -> str | None:
    tags = {each["Key"]: each["Value"] for each in one.get("Tags", [])}
    return tags.get(tag) if tag else one["VpcId"]


def tag_specifications(parse: Callable[..., None], params: Said, kind: str, name: str) -> None:
    """CreateFlowLogs drops its tags: it looks for a resource type that does not exist."""
    parse(params, {"flow-log": "vpc-flow-log"}.get(kind, kind), name)


def ip_permissions(parse: Callable[..., list[Said]], params: Said, prefix: str) -> list[Said]:
    """AuthorizeSecurityGroupEgress with prefix_list_id crashes plan and destroy: the list is not read …

    Every aws_security_group stays open: the rule for all ports is revoked as that from port 0 to port 0.
    """
    rules = parse(params, prefix)
    for number, rule in enumerate(rules, 1):
        if rule["IpProtocol"] == "-1":
            rule.pop("FromPort", None)
            rule.pop("ToPort", None)
        at = f"{prefix}.{number}.PrefixListIds.1."
        if given := ec2._p(params, f"{at}PrefixListId"):
            rule["PrefixListIds"] = [
                {"PrefixListId": given, "Description": ec2._p(params, f"{at}Description")}
            ]
    return rules


def rule_xml(write: Callable[..., str], group: str, rule: Said, is_egress: bool = False) -> str:
    """… nor answered."""
    lists = [f"<prefixListId>{each['PrefixListId']}</prefixListId>" for each in rule.get("PrefixListIds", [])]
    return write(group, rule, is_egress).replace("</item>", f"{''.join(lists)}</item>")


# ---- Alarms


@fills("monitoring", "PutMetricAlarm", "PutCompositeAlarm")
async def put_alarm(given: Said, emulator: Emulator) -> Said:
    """Metric math and the suppressor of a composite alarm are dropped."""
    said = await emulator()
    records("alarm")[given["AlarmName"]] = {name: value for name, value in given.items() if name != "Tags"}
    return said


@fills("monitoring", "DescribeAlarms")
async def describe_alarms(given: Said, emulator: Emulator) -> Said:
    """Every alarm differs on every plan: the XML answer has nine fields."""
    said = await emulator()
    for alarm in (*said.get("MetricAlarms", []), *said.get("CompositeAlarms", [])):
        put = records("alarm").get(alarm["AlarmName"], {})
        alarm |= put
        if "Metrics" in put:  # what such an alarm has instead of a metric of its own
            for name in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions", "Unit"):
                alarm.pop(name, None)
    return said


# ---- Auto Scaling

remembers(
    "aws_autoscaling_group differs on every plan: the answer has a fixed list of fields",
    "autoscaling",
    writes={name: "AutoScalingGroupName" for name in ("CreateAutoScalingGroup", "UpdateAutoScalingGroup")},
    reads={"DescribeAutoScalingGroups": "AutoScalingGroups"},
    key="AutoScalingGroupName",
    members=(
        *("CapacityRebalance", "DefaultInstanceWarmup", "DesiredCapacityType", "InstanceMaintenancePolicy"),
        *("MaxInstanceLifetime", "MixedInstancesPolicy", "ServiceLinkedRoleARN", "TerminationPolicies"),
    ),
    derived={"CapacityReservationSpecification": "{CapacityReservationPreference: 'default'}"},
)


def group(given: Said) -> Said:
    """What is remembered of an Auto Scaling group."""
    known: Said = records("autoscaling", "AutoScalingGroupName").setdefault(given["AutoScalingGroupName"], {})
    return known


@fills("autoscaling", "EnableMetricsCollection", "DisableMetricsCollection")
async def collect_metrics(given: Said, emulator: Emulator) -> Said:
    """aws_autoscaling_group with enabled_metrics: the operations are missing."""
    before, named = group(given).get("EnabledMetrics", []), given.get("Metrics")
    left = [each for each in before if named and each["Metric"] not in named]
    new = [
        {"Metric": name, "Granularity": given["Granularity"]}
        for name in named or ()
        if "Granularity" in given
    ]
    group(given)["EnabledMetrics"] = left + new
    return {}


@fills("autoscaling", "DescribePolicies")
async def describe_policies(given: Said, emulator: Emulator) -> Said:
    """aws_autoscaling_policy finds "too many results": the names that it asks for are ignored."""
    policies = (await emulator())["ScalingPolicies"]
    names = given.get("PolicyNames") or [each["PolicyName"] for each in policies]
    return {"ScalingPolicies": [each for each in policies if each["PolicyName"] in names]}


# ---- IAM, SNS


@fills("iam", "CreateServiceLinkedRole")
async def create_linked_role(given: Said, emulator: Emulator) -> Said:
    """aws_iam_service_linked_role wants replacing on every plan: suffix and description are dropped."""
    plain = SERVICE_ROLES.get(given["AWSServiceName"])
    if plain is None:
        return await emulator()
    name = "_".join(filter(None, (plain, given.get("CustomSuffix"))))
    if name in iam._roles:
        raise Refused(*iam._error(409, "EntityAlreadyExists", f"Role {name} already exists.", ns="iam"))
    said = await emulator()
    role = iam._roles.pop(said["Role"]["RoleName"])
    arn = role["Arn"].rpartition("/")[0] + f"/{name}"
    changed = {"RoleName": name, "Arn": arn, "Description": given.get("Description", "")}
    iam._roles[name] = role | changed
    return {"Role": said["Role"] | changed}


@fills("sns", "Subscribe")
async def subscribe(given: Said, emulator: Emulator) -> Said:
    """aws_sns_topic_subscription of https is not found: its ARN is withheld even where it is asked for."""
    said = await emulator()
    topic, _ = sns._get_topic(given["TopicArn"], "sns:Subscribe")
    for each in topic["subscriptions"] if given.get("ReturnSubscriptionArn") else ():
        if (each["protocol"], each["endpoint"]) == (given["Protocol"], given["Endpoint"]):
            said["SubscriptionArn"] = each["arn"]
    return said


async def confirm_nothing(*_: Any) -> None:
    """A subscription of https would call the real endpoint and ask for its confirmation."""


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
    if said["type"] == "MOCK":
        said.pop("httpMethod", None)
    return said


@fills("apigateway", "GetStage", "UpdateStage", "GetUsagePlan", "UpdateUsagePlan")
async def no_empty_settings(given: Said, emulator: Emulator) -> Said:
    """A stage without access logs, a usage plan without throttling differ on every plan: they come empty."""
    said = await emulator()
    return {name: value for name, value in said.items() if not isinstance(value, dict) or any(value.values())}


@fills("apigateway", "TagResource", "UntagResource")
async def tag_api(given: Said, emulator: Emulator) -> Said:
    """Changed tags stay as they were: they are written to another place than they are read from."""
    kind, name, *stage = given["resource_arn"].partition("::/")[2].split("/")
    things = {"apikeys": rest._api_keys, "restapis": rest._rest_apis, "usageplans": rest._usage_plans}
    thing = rest._stages_v1[name][stage[1]] if stage else things[kind][name]
    left = {key: value for key, value in thing["tags"].items() if key not in given.get("tagKeys", [])}
    thing["tags"] = left | given.get("tags", {})
    return {}


def patch(_: Any, thing: Said, operations: list[Said]) -> Said:
    """Updates leave numbers as text, `~1` in names and the new item of a list in place of the list."""
    for each in operations:
        *outer, name = (part.replace("~1", "/").replace("~0", "~") for part in each["path"][1:].split("/"))
        place = thing
        for key in outer:
            place[key] = place.get(key) or {}
            place = place[key]
        old, value = place.get(name), each.get("value", "")
        if name == "apiStages":
            value = dict(zip(("apiId", "stage"), value.split(":"), strict=True))
        if isinstance(old, list):
            place[name] = [other for other in old if other != value] + [value] * (each["op"] == "add")
        elif each["op"] == "remove":
            place.pop(name, None)
        else:
            flag = value in ("true", "false") and outer == ["requestParameters"]
            typed = isinstance(value, str) and (flag or name in numbers_and_flags())
            place[name] = json.loads(value.lower()) if typed else value
    return thing


@functools.cache
def numbers_and_flags() -> frozenset[str]:
    """Members of API Gateway's things that are no text."""
    api = model("apigateway")
    things = (getattr(api.shape_for(name), "members", {}).items() for name in api.shape_names)
    members = ((each.serialization.get("name", name), each) for thing in things for name, each in thing)
    return frozenset(name for name, each in members if each.type_name in NO_TEXT)


async def owners_api(handle: Handler, host: str, path: str, *more: Any, **named: Any) -> Answer:
    """An API answers in the engine's first account only: a call without AWS credentials is its owner's."""
    parsed = app._parse_execute_api_url(host, path)
    for account, _, name in rest._rest_apis._data if parsed else ():
        if name == parsed[0]:
            set_request_account_id(account)
    return await handle(host, path, *more, **named)


def authorization_type(find: Callable[..., str | None], *request: str) -> str:
    """A path that an API does not have is refused for its lack of AWS credentials, not as unknown."""
    return find(*request) or "NONE"


METER = "usageIdentifierKey"


async def metered(invoke: Callable[..., Any], *call: Any) -> Any:
    """An authorizer's usageIdentifierKey is dropped: every call of a metered API is refused …"""
    result = await invoke(*call)
    said = (result or {}).get("body")
    policy = json.loads(said) if isinstance(said, str | bytes) and said else said
    if isinstance(policy, dict) and METER in policy:
        return {**result, "body": {**policy, "context": {**policy.get("context", {}), METER: policy[METER]}}}
    return result


async def counted(
    authorize: Callable[..., Any], api: str, stage: str, method: Said, *more: Any, **named: Any
) -> Any:
    """… while a caller's own x-api-key is believed."""
    headers = more[3]
    own = rest._rest_apis[api].get("apiKeySource") == "AUTHORIZER"
    for name in [each for each in headers if own and each.lower() == "x-api-key"]:
        del headers[name]
    refusal, context = await authorize(api, stage, method, *more, **named)
    if own and METER in (context or {}):
        context = dict(context)  # the emulator keeps the other for the next call
        headers["x-api-key"] = context.pop(METER)
    return refusal, context


# ---- WAF

remembers(
    "aws_wafv2_web_acl differs on every plan: custom bodies are dropped, and an update's description",
    "wafv2",
    writes={"CreateWebACL": "Summary.Id", "UpdateWebACL": "Id"},
    reads={"GetWebACL": "WebACL"},
    key="Id",
    members=("CustomResponseBodies", "Description"),
)
absent(
    "aws_wafv2_web_acl_logging_configuration: its operations are missing",
    "wafv2",
    "LoggingConfiguration",
    key="ResourceArn",
    arn="",
    put=("PutLoggingConfiguration",),
    get=("GetLoggingConfiguration",),
    delete="DeleteLoggingConfiguration",
    missing="WAFNonexistentItemException",
)

# ---- GuardDuty, Shield, Cost Explorer: "UnknownError" at the first operation

absent(
    "aws_guardduty_detector, aws_guardduty_detector_feature",
    "guardduty",
    "Detector",
    key="DetectorId",
    arn="arn:aws:guardduty:{region}:{account}:detector/{id}",
    put=("CreateDetector", "UpdateDetector"),
    get=("GetDetector", "ListDetectors"),
    delete="DeleteDetector",
    missing="BadRequestException",
    first={"findingPublishingFrequency": "SIX_HOURS"},
    shows=lambda detector: {
        "detectorId": detector["DetectorId"],
        "status": "ENABLED" if detector["enable"] else "DISABLED",
    },
)
absent(
    "aws_shield_protection",
    "shield",
    "Protection",
    key="ProtectionId",
    arn="arn:aws:shield::{account}:protection/{id}",
    put=("CreateProtection",),
    get=("DescribeProtection",),
    delete="DeleteProtection",
    missing="ResourceNotFoundException",
    shows=lambda protection: {"Id": protection["ProtectionId"]},
)
absent(
    "aws_shield_subscription",
    "shield",
    "Subscription",
    key="",
    arn="arn:aws:shield::{account}:subscription",
    put=("CreateSubscription", "UpdateSubscription"),
    get=("DescribeSubscription", "GetSubscriptionState"),
    delete="DeleteSubscription",
    missing="ResourceNotFoundException",
    first={"AutoRenew": "ENABLED", "SubscriptionState": "ACTIVE"},
)
for part in ("Monitor", "Subscription"):
    absent(
        "aws_ce_anomaly_monitor, aws_ce_anomaly_subscription",
        "ce",
        f"Anomaly{part}",
        key=f"{part}Arn",
        arn=f"arn:aws:ce::{{account}}:anomaly{part.lower()}/{{id}}",
        put=(f"CreateAnomaly{part}", f"UpdateAnomaly{part}"),
        get=(f"GetAnomaly{part}s",),
        delete=f"DeleteAnomaly{part}",
        missing=f"Unknown{part}Exception",
    )

# ---- Event source mappings and pipes

remembers(
    "aws_lambda_event_source_mapping differs on every plan: metrics are dropped",
    "lambda",
    writes={f"{verb}EventSourceMapping": "UUID" for verb in ("Create", "Update")},
    reads={f"{verb}EventSourceMapping": "@" for verb in ("Create", "Get", "Update")},
    key="UUID",
    members=("MetricsConfig",),
)
remembers(
    "aws_pipes_pipe wants replacing on every plan: its parameters are dropped",
    "pipes",
    writes={"CreatePipe": "Name", "UpdatePipe": "Name"},
    reads={"DescribePipe": "@"},
    key="Name",
    members=("KmsKeyIdentifier", "LogConfiguration", "SourceParameters", "TargetParameters"),
)


# ---- S3


def begin_upload(begin: Callable[..., Answer], bucket: str, key: str, headers: Mapping[str, str]) -> Answer:
    """aws_s3_object of over 5 MB differs on every plan: an upload in parts loses its tags …"""
    answer = begin(bucket, key, headers)
    if found := re.search(rb"<UploadId>(.+?)</UploadId>", answer[2]):
        records("upload")[found[1].decode()] = dict(urllib.parse.parse_qsl(headers.get("x-amz-tagging", "")))
    return answer


def end_upload(
    end: Callable[..., Answer], bucket: str, key: str, body: bytes, query: Said, *more: Any
) -> Answer:
    """… which it has from its beginning."""
    answer = end(bucket, key, body, query, *more)
    tags = records("upload").get(s3._qp(query, "uploadId"))
    if answer[0] == 200 and tags:
        s3._object_tags[bucket, key, answer[1].get("x-amz-version-id")] = tags
    return answer


# ---- Secrets Manager


@fills("secretsmanager", "RotateSecret")
async def rotate_secret(given: Said, emulator: Emulator) -> Said:
    """A rotation calls nobody: it copies the value."""
    _, secret = secrets._resolve(given["SecretId"])
    if secret is None:
        return await emulator()
    secret |= {name: given[name] for name in ("RotationLambdaARN", "RotationRules") if name in given}
    secret["RotationEnabled"] = True
    version = given.get("ClientRequestToken") or str(uuid.uuid4())
    if given.get("RotateImmediately", True):
        empty = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time())}
        secret["Versions"][version] = {**empty, "Stages": ["AWSPENDING"]}
        spawn_background(rotate, secret["ARN"], secret["RotationLambdaARN"], version)
    return {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version}


def rotate(secret: str, function: str, version: str) -> None:
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        event = {"Step": step, "SecretId": secret, "ClientRequestToken": version}
        answer = client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        if "FunctionError" in answer:
            logger.error("Rotation of %s failed at %s: %s", secret, step, answer["Payload"].read().decode())
            return


@fills("secretsmanager", "CancelRotateSecret")
async def cancel_rotation(given: Said, emulator: Emulator) -> Said:
    """aws_secretsmanager_secret_rotation cannot be destroyed: the operation is missing."""
    _, secret = secrets._resolve(given["SecretId"])
    secret["RotationEnabled"] = False
    return {"ARN": secret["ARN"], "Name": secret["Name"]}


@fills("secretsmanager", "GetSecretValue")
async def get_secret_value(given: Said, emulator: Emulator) -> Said:
    """A version that is announced and has no value yet is answered without one, and not as missing."""
    said = await emulator()
    if not said.keys() & {"SecretString", "SecretBinary"}:
        message = f"Secrets Manager can't find the specified secret value for VersionId: {said['VersionId']}"
        raise refused(400, "ResourceNotFoundException", message)
    return said


# ---- Who may do what


def batch_action(extract: Callable[..., str | None], service: str, *request: Any) -> str | None:
    """Who may send one message may send ten: batches of SQS have no actions of their own."""
    action = extract(service, *request)
    return action.removesuffix("Batch") if action and service == "sqs" else action


def stream_arn(extract: Callable[..., str], service: str, *request: Any) -> str:
    """No role can be allowed to read one stream: its ARN is not looked for."""
    if service != "dynamodbstreams":
        return extract(service, *request)
    given = json.loads(request[3] or b"{}")
    if "ShardIterator" in given:
        given = {"StreamArn": json.loads(base64.urlsafe_b64decode(given["ShardIterator"]))["arn"]}
    return str(given.get("StreamArn", "*"))


def root(key: str) -> bool:
    """Any key that is an account's id is its root's, and so are `test` and no key at all."""
    return bool(re.fullmatch(r"\d{12}", key))


def unchecked(_: str) -> bool:
    """Nobody's signature is taken on trust; root's was."""
    return False


# ---- The hooks


def over_tls(pin: Callable[[str, bool], None], address: str, secure: bool) -> None:
    """A policy that refuses plain HTTP (aws:SecureTransport) refused everybody: loopback stands for TLS."""
    pin(address, True)


def install() -> None:
    """Put everything in its place."""
    for service in {service for service, _ in FILLERS} - set(app.SERVICE_HANDLERS):
        router.SERVICE_PATTERNS[service] = {}
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service
        iam_actions._BOTOCORE_SERVICE_MAP[service] = [service]
        app.SERVICE_HANDLERS[service] = handler(service)
    for service, emulator in app.SERVICE_HANDLERS.items():
        app.SERVICE_HANDLERS[service] = handler(service, emulator)
    for module, name, filler in (
        (app, "_execute_api_authorization_type", authorization_type),
        (app, "_handle_execute_api_request", owners_api),
        (app, "pin_request_origin", over_tls),
        (ec2, "_parse_ip_permissions", ip_permissions),
        (ec2, "_parse_tag_specs", tag_specifications),
        (ec2, "_sg_rule_xml", rule_xml),
        (iam_actions, "extract_iam_action", batch_action),
        (iam_actions, "extract_resource_arn", stream_arn),
        (pipes, "_deliver_batch", pipe.deliver),
        (rest, "_apply_patch", patch),
        (s3, "_complete_multipart_upload", end_upload),
        (s3, "_create_multipart_upload", begin_upload),
        (rest, "_authorize_request_v1", counted),
        (rest, "_invoke_authorizer_lambda", metered),
    ):
        setattr(module, name, functools.partial(filler, getattr(module, name)))
    pipes._poll_loop = pipe.poll
    sns._send_subscription_confirmation = confirm_nothing
    iam_evaluator.is_root_access_key, iam_evaluator._is_root_key = root, unchecked
    # The newest arm64 image, which a launch template asks for, is not found.
    ssm._PUBLIC_AMI_PARAMETERS[NEWEST_ARM_IMAGE] = "ami-0c2023a1b2c3d4e5f"
    # A function that prints nothing answers 50 ms late: its log is waited for.
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.005, 0.002, 0.25)
