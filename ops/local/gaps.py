"""All corrections of the emulator, installed before its first request.

Every correction names its operations and the symptom in the Terraform provider or an SDK without it.
Corrections run after authorization, so they change no role's permissions.
"""

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
from ops.local.local_client import client
from ops.local.overrides import missing_service, persist_fields, records
from ops.local.protocols import (
    OVERRIDES,
    Emulator,
    Fields,
    Handler,
    HttpResponse,
    ServiceError,
    json_error,
    model,
    override,
    with_overrides,
)

NEWEST_ARM_IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
TEMPLATE_VERSION = "join('/', [LaunchTemplateId, to_string(VersionNumber)])"
SERVICE_ROLES = {"autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling"}
NO_TEXT = ("boolean", "double", "integer", "long")
logger = logging.getLogger("gaps")

# ---- EC2

persist_fields(
    "aws_flow_log is replaced on every plan: role, interval and format are dropped",
    "ec2",
    writes={"CreateFlowLogs": "FlowLogIds"},
    reads={"DescribeFlowLogs": "FlowLogs"},
    key="FlowLogId",
    members=("DeliverLogsPermissionArn", "LogFormat", "LogGroupName", "MaxAggregationInterval"),
)
persist_fields(
    "aws_vpc_endpoint differs on every plan: policy, groups and private DNS are dropped",
    "ec2",
    writes={"CreateVpcEndpoint": "VpcEndpoint.VpcEndpointId", "ModifyVpcEndpoint": "VpcEndpointId"},
    reads={"CreateVpcEndpoint": "VpcEndpoint", "DescribeVpcEndpoints": "VpcEndpoints"},
    key="VpcEndpointId",
    members=("PolicyDocument", "PrivateDnsEnabled"),
    derived={"Groups": "SecurityGroupIds[].{GroupId: @}"},
)
persist_fields(
    "an imported aws_nat_gateway is replaced: its address is missing",
    "ec2",
    writes={"CreateNatGateway": "NatGateway.NatGatewayId"},
    reads={"DescribeNatGateways": "NatGateways"},
    key="NatGatewayId",
    derived={"NatGatewayAddresses": "AllocationId && [{AllocationId: AllocationId, IsPrimary: `true`}]"},
)
persist_fields(
    "aws_launch_template differs on every plan: the key of a disk and the groups of an interface are dropped",
    "ec2",
    writes={
        "CreateLaunchTemplate": "join('/', [LaunchTemplate.LaunchTemplateId, '1'])",
        "CreateLaunchTemplateVersion": f"LaunchTemplateVersion.{TEMPLATE_VERSION}",
    },
    reads={"DescribeLaunchTemplateVersions": "LaunchTemplateVersions"},
    key=TEMPLATE_VERSION,
    members=("LaunchTemplateData",),
)


@override("ec2", "DescribeAddresses", "DescribeVpcEndpoints")
async def apply_filters(request: Fields, emulator: Emulator) -> Fields:
    """Applies filters by tag and VPC. Without them, data sources find resources of other environments."""
    response = await emulator()
    for condition in request.get("Filters", []):
        _, _, tag = condition["Name"].partition("tag:")
        for items in response.values():
            if isinstance(items, list) and (tag or condition["Name"] == "vpc-id"):
                items[:] = [one for one in items if _tag_or_vpc(one, tag) in condition["Values"]]
    return response


def _tag_or_vpc(one: Fields, tag: str) -> str | None:
    tags = {each["Key"]: each["Value"] for each in one.get("Tags", [])}
    return tags.get(tag) if tag else one["VpcId"]


def tag_specifications(parse: Callable[..., None], params: Fields, kind: str, name: str) -> None:
    """Keeps the tags of CreateFlowLogs, which reads those of a resource type that does not exist."""
    parse(params, {"flow-log": "vpc-flow-log"}.get(kind, kind), name)


def ip_permissions(parse: Callable[..., list[Fields]], params: Fields, prefix: str) -> list[Fields]:
    """Reads prefix lists of security group rules. Without them, prefix_list_id crashes plan and destroy.

    Also drops the ports of a rule for all protocols. Otherwise the provider cannot revoke the default egress
    rule, which it names as ports 0 to 0, and every aws_security_group stays open.
    """
    rules = parse(params, prefix)
    for number, rule in enumerate(rules, 1):
        if rule["IpProtocol"] == "-1":
            rule.pop("FromPort", None)
            rule.pop("ToPort", None)
        at = f"{prefix}.{number}.PrefixListIds.1."
        if prefix_list := ec2._p(params, f"{at}PrefixListId"):
            rule["PrefixListIds"] = [
                {"PrefixListId": prefix_list, "Description": ec2._p(params, f"{at}Description")}
            ]
    return rules


def rule_xml(write: Callable[..., str], group: str, rule: Fields, is_egress: bool = False) -> str:
    """Adds prefix lists, which Describe calls omit, to the XML of a rule."""
    lists = [f"<prefixListId>{each['PrefixListId']}</prefixListId>" for each in rule.get("PrefixListIds", [])]
    return write(group, rule, is_egress).replace("</item>", f"{''.join(lists)}</item>")


# ---- Alarms


@override("monitoring", "PutMetricAlarm", "PutCompositeAlarm")
async def put_alarm(request: Fields, emulator: Emulator) -> Fields:
    """Stores alarms whole: the emulator drops metric math."""
    response = await emulator()
    records("alarm")[request["AlarmName"]] = {
        name: value for name, value in request.items() if name != "Tags"
    }
    return response


@override("monitoring", "DescribeAlarms")
async def describe_alarms(request: Fields, emulator: Emulator) -> Fields:
    """Completes alarms: the XML response has only nine members, so every alarm differs on every plan."""
    response = await emulator()
    for alarm in (*response.get("MetricAlarms", []), *response.get("CompositeAlarms", [])):
        stored = records("alarm").get(alarm["AlarmName"], {})
        alarm |= stored
        if "Metrics" in stored:  # metric math replaces the alarm's own metric
            for name in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions", "Unit"):
                alarm.pop(name, None)
    return response


# ---- Auto Scaling

persist_fields(
    "aws_autoscaling_group differs on every plan: the response has a fixed list of members",
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


def group(request: Fields) -> Fields:
    """Returns the stored members of an Auto Scaling group."""
    groups = records("autoscaling", "AutoScalingGroupName")
    members: Fields = groups.setdefault(request["AutoScalingGroupName"], {})
    return members


@override("autoscaling", "EnableMetricsCollection", "DisableMetricsCollection")
async def collect_metrics(request: Fields, emulator: Emulator) -> Fields:
    """Implements two missing operations, which enabled_metrics of aws_autoscaling_group needs."""
    before, names = group(request).get("EnabledMetrics", []), request.get("Metrics")
    kept = [each for each in before if names and each["Metric"] not in names]
    new = [
        {"Metric": name, "Granularity": request["Granularity"]}
        for name in names or ()
        if "Granularity" in request
    ]
    group(request)["EnabledMetrics"] = kept + new
    return {}


@override("autoscaling", "DescribePolicies")
async def describe_policies(request: Fields, emulator: Emulator) -> Fields:
    """Applies PolicyNames. Without it, aws_autoscaling_policy finds "too many results"."""
    policies = (await emulator())["ScalingPolicies"]
    names = request.get("PolicyNames") or [each["PolicyName"] for each in policies]
    return {"ScalingPolicies": [each for each in policies if each["PolicyName"] in names]}


# ---- IAM, SNS


@override("iam", "CreateServiceLinkedRole")
async def create_linked_role(request: Fields, emulator: Emulator) -> Fields:
    """Keeps suffix and description. Without them, aws_iam_service_linked_role is replaced on every plan."""
    plain = SERVICE_ROLES.get(request["AWSServiceName"])
    if plain is None:
        return await emulator()
    name = "_".join(filter(None, (plain, request.get("CustomSuffix"))))
    if name in iam._roles:
        raise ServiceError(*iam._error(409, "EntityAlreadyExists", f"Role {name} already exists.", ns="iam"))
    response = await emulator()
    role = iam._roles.pop(response["Role"]["RoleName"])
    arn = role["Arn"].rpartition("/")[0] + f"/{name}"
    changed = {"RoleName": name, "Arn": arn, "Description": request.get("Description", "")}
    iam._roles[name] = role | changed
    return {"Role": response["Role"] | changed}


@override("sns", "Subscribe")
async def subscribe(request: Fields, emulator: Emulator) -> Fields:
    """Applies ReturnSubscriptionArn. Without it, an aws_sns_topic_subscription of https is not found."""
    response = await emulator()
    topic, _ = sns._get_topic(request["TopicArn"], "sns:Subscribe")
    for each in topic["subscriptions"] if request.get("ReturnSubscriptionArn") else ():
        if (each["protocol"], each["endpoint"]) == (request["Protocol"], request["Endpoint"]):
            response["SubscriptionArn"] = each["arn"]
    return response


async def send_no_confirmation(*_: Any) -> None:
    """Sends no confirmation request of an https subscription to the real endpoint."""


# ---- API Gateway


def create_api_key(create: Callable[[Fields], HttpResponse], request: Fields) -> HttpResponse:
    """Accepts an empty value, which the provider sends for an aws_api_gateway_api_key without one."""
    return create({name: value for name, value in request.items() if name != "value" or value})


@override("apigateway", "PutIntegration", "GetIntegration")
async def integration(request: Fields, emulator: Emulator) -> Fields:
    """Removes the HTTP method of a MOCK integration, which is replaced on every plan otherwise."""
    response = await emulator()
    if response["type"] == "MOCK":
        response.pop("httpMethod", None)
    return response


@override("apigateway", "GetStage", "UpdateStage", "GetUsagePlan", "UpdateUsagePlan")
async def no_empty_settings(request: Fields, emulator: Emulator) -> Fields:
    """Removes empty access logs and throttling settings, which differ on every plan otherwise."""
    response = await emulator()
    empty = [name for name, each in response.items() if isinstance(each, dict) and not any(each.values())]
    return {name: value for name, value in response.items() if name not in empty}


@override("apigateway", "TagResource", "UntagResource")
async def tag_api(request: Fields, emulator: Emulator) -> Fields:
    """Writes tags to the store that they are read from. The emulator writes them to another one."""
    kind, name, *stage = request["resource_arn"].partition("::/")[2].split("/")
    resources = {"apikeys": rest._api_keys, "restapis": rest._rest_apis, "usageplans": rest._usage_plans}
    tagged = rest._stages_v1[name][stage[1]] if stage else resources[kind][name]
    kept = {key: value for key, value in tagged["tags"].items() if key not in request.get("tagKeys", [])}
    tagged["tags"] = kept | request.get("tags", {})
    return {}


def patch(_: Any, resource: Fields, operations: list[Fields]) -> Fields:
    """Applies patch operations: the emulator keeps numbers as text and `~1` in names, and replaces lists."""
    for each in operations:
        *outer, name = (part.replace("~1", "/").replace("~0", "~") for part in each["path"][1:].split("/"))
        target = resource
        for key in outer:
            target[key] = target.get(key) or {}
            target = target[key]
        old, value = target.get(name), each.get("value", "")
        if name == "apiStages":
            value = dict(zip(("apiId", "stage"), value.split(":"), strict=True))
        if isinstance(old, list):
            target[name] = [other for other in old if other != value] + [value] * (each["op"] == "add")
        elif each["op"] == "remove":
            target.pop(name, None)
        else:
            flag = value in ("true", "false") and outer == ["requestParameters"]
            typed = isinstance(value, str) and (flag or name in numbers_and_flags())
            target[name] = json.loads(value.lower()) if typed else value
    return resource


@functools.cache
def numbers_and_flags() -> frozenset[str]:
    """Returns the names of API Gateway's members that are not strings."""
    api = model("apigateway")
    shapes = (getattr(api.shape_for(name), "members", {}).items() for name in api.shape_names)
    members = ((each.serialization.get("name", name), each) for shape in shapes for name, each in shape)
    return frozenset(name for name, each in members if each.type_name in NO_TEXT)


async def set_owner_account(handle: Handler, host: str, path: str, *more: Any, **named: Any) -> HttpResponse:
    """Runs unsigned API calls in the account of the API: the emulator uses its default account."""
    parsed = app._parse_execute_api_url(host, path)
    for account, _, name in rest._rest_apis._data if parsed else ():
        if name == parsed[0]:
            set_request_account_id(account)
    return await handle(host, path, *more, **named)


def authorization_type(find: Callable[..., str | None], *request: str) -> str:
    """Returns NONE for an unknown path, which otherwise fails for missing credentials, not as unknown."""
    return find(*request) or "NONE"


USAGE_KEY = "usageIdentifierKey"


async def keep_usage_key(invoke: Callable[..., Any], *call: Any) -> Any:
    """Passes an authorizer's usageIdentifierKey on. Without it, every call of a metered API is refused."""
    result = await invoke(*call)
    body = (result or {}).get("body")
    policy = json.loads(body) if isinstance(body, str | bytes) and body else body
    if isinstance(policy, dict) and USAGE_KEY in policy:
        return {
            **result,
            "body": {**policy, "context": {**policy.get("context", {}), USAGE_KEY: policy[USAGE_KEY]}},
        }
    return result


async def use_usage_key(
    authorize: Callable[..., Any], api: str, stage: str, method: Fields, *more: Any, **named: Any
) -> Any:
    """Replaces a caller's x-api-key by the authorizer's usageIdentifierKey."""
    headers = more[3]
    from_authorizer = rest._rest_apis[api].get("apiKeySource") == "AUTHORIZER"
    for name in [each for each in headers if from_authorizer and each.lower() == "x-api-key"]:
        del headers[name]
    error, context = await authorize(api, stage, method, *more, **named)
    if from_authorizer and USAGE_KEY in (context or {}):
        context = dict(context)  # the emulator caches the original for the next call
        headers["x-api-key"] = context.pop(USAGE_KEY)
    return error, context


# ---- WAF

persist_fields(
    "aws_wafv2_web_acl differs on every plan: custom bodies are dropped, and an update's description",
    "wafv2",
    writes={"CreateWebACL": "Summary.Id", "UpdateWebACL": "Id"},
    reads={"GetWebACL": "WebACL"},
    key="Id",
    members=("CustomResponseBodies", "Description"),
)
missing_service(
    "aws_wafv2_web_acl_logging_configuration: its operations are missing",
    "wafv2",
    "LoggingConfiguration",
    key="ResourceArn",
    arn="",
    put=("PutLoggingConfiguration",),
    get=("GetLoggingConfiguration",),
    missing="WAFNonexistentItemException",
)

# ---- GuardDuty, Shield, Cost Explorer: "UnknownError" at the first operation

missing_service(
    "aws_guardduty_detector, aws_guardduty_detector_feature",
    "guardduty",
    "Detector",
    key="DetectorId",
    arn="arn:aws:guardduty:{region}:{account}:detector/{id}",
    put=("CreateDetector", "UpdateDetector"),
    get=("GetDetector", "ListDetectors"),
    missing="BadRequestException",
    defaults={"findingPublishingFrequency": "SIX_HOURS"},
    computed=lambda detector: {
        "detectorId": detector["DetectorId"],
        "status": "ENABLED" if detector["enable"] else "DISABLED",
    },
)
missing_service(
    "aws_shield_protection",
    "shield",
    "Protection",
    key="ProtectionId",
    arn="arn:aws:shield::{account}:protection/{id}",
    put=("CreateProtection",),
    get=("DescribeProtection",),
    computed=lambda protection: {"Id": protection["ProtectionId"]},
)
missing_service(
    "aws_shield_subscription",
    "shield",
    "Subscription",
    key="",
    arn="arn:aws:shield::{account}:subscription",
    put=("CreateSubscription", "UpdateSubscription"),
    get=("DescribeSubscription", "GetSubscriptionState"),
    defaults={"AutoRenew": "ENABLED", "SubscriptionState": "ACTIVE"},
)
for part in ("Monitor", "Subscription"):
    missing_service(
        "aws_ce_anomaly_monitor, aws_ce_anomaly_subscription",
        "ce",
        f"Anomaly{part}",
        key=f"{part}Arn",
        arn=f"arn:aws:ce::{{account}}:anomaly{part.lower()}/{{id}}",
        put=(f"CreateAnomaly{part}", f"UpdateAnomaly{part}"),
        get=(f"GetAnomaly{part}s",),
        missing=f"Unknown{part}Exception",
    )

# ---- Event source mappings and pipes

persist_fields(
    "aws_lambda_event_source_mapping differs on every plan: metrics are dropped",
    "lambda",
    writes={f"{verb}EventSourceMapping": "UUID" for verb in ("Create", "Update")},
    reads={f"{verb}EventSourceMapping": "@" for verb in ("Create", "Get", "Update")},
    key="UUID",
    members=("MetricsConfig",),
)
persist_fields(
    "aws_pipes_pipe is replaced on every plan: its parameters are dropped",
    "pipes",
    writes={"CreatePipe": "Name", "UpdatePipe": "Name"},
    reads={"DescribePipe": "@"},
    key="Name",
    members=("KmsKeyIdentifier", "LogConfiguration", "SourceParameters", "TargetParameters"),
)


# ---- S3


def begin_upload(
    begin: Callable[..., HttpResponse], bucket: str, key: str, headers: Mapping[str, str]
) -> HttpResponse:
    """Stores the tags of a multipart upload. Without them, objects over 5 MB differ on every plan."""
    response = begin(bucket, key, headers)
    if found := re.search(rb"<UploadId>(.+?)</UploadId>", response[2]):
        records("upload")[found[1].decode()] = dict(urllib.parse.parse_qsl(headers.get("x-amz-tagging", "")))
    return response


def end_upload(
    end: Callable[..., HttpResponse], bucket: str, key: str, body: bytes, query: Fields, *more: Any
) -> HttpResponse:
    """Tags the object of a completed multipart upload."""
    response = end(bucket, key, body, query, *more)
    tags = records("upload").get(s3._qp(query, "uploadId"))
    if response[0] == 200 and tags:
        s3._object_tags[bucket, key, response[1].get("x-amz-version-id")] = tags
    return response


# ---- Secrets Manager


@override("secretsmanager", "RotateSecret")
async def rotate_secret(request: Fields, emulator: Emulator) -> Fields:
    """Invokes the rotation function. The emulator copies the value instead."""
    _, secret = secrets._resolve(request["SecretId"])
    if secret is None:
        return await emulator()
    secret |= {name: request[name] for name in ("RotationLambdaARN", "RotationRules") if name in request}
    secret["RotationEnabled"] = True
    version = request.get("ClientRequestToken") or str(uuid.uuid4())
    if request.get("RotateImmediately", True):
        empty = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time())}
        secret["Versions"][version] = {**empty, "Stages": ["AWSPENDING"]}
        spawn_background(rotate, secret["ARN"], secret["RotationLambdaARN"], version)
    return {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version}


def rotate(secret: str, function: str, version: str) -> None:
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        event = {"Step": step, "SecretId": secret, "ClientRequestToken": version}
        response = client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        if "FunctionError" in response:
            logger.error("Rotation of %s failed at %s: %s", secret, step, response["Payload"].read().decode())
            return


@override("secretsmanager", "CancelRotateSecret")
async def cancel_rotation(request: Fields, emulator: Emulator) -> Fields:
    """Implements a missing operation, which destroying an aws_secretsmanager_secret_rotation needs."""
    _, secret = secrets._resolve(request["SecretId"])
    secret["RotationEnabled"] = False
    return {"ARN": secret["ARN"], "Name": secret["Name"]}


@override("secretsmanager", "GetSecretValue")
async def get_secret_value(request: Fields, emulator: Emulator) -> Fields:
    """Raises ResourceNotFoundException for a pending version without a value, as AWS does."""
    response = await emulator()
    if not response.keys() & {"SecretString", "SecretBinary"}:
        version = response["VersionId"]
        message = f"Secrets Manager can't find the specified secret value for VersionId: {version}"
        raise json_error(400, "ResourceNotFoundException", message)
    return response


# ---- Authorization


def batch_action(extract: Callable[..., str | None], service: str, *request: Any) -> str | None:
    """Authorizes SQS batches by the action of the single operation, as IAM does."""
    action = extract(service, *request)
    return action.removesuffix("Batch") if action and service == "sqs" else action


def stream_arn(extract: Callable[..., str], service: str, *request: Any) -> str:
    """Returns the ARN of a DynamoDB stream, so that a policy can allow to read one stream."""
    if service != "dynamodbstreams":
        return extract(service, *request)
    members = json.loads(request[3] or b"{}")
    if "ShardIterator" in members:
        members = {"StreamArn": json.loads(base64.urlsafe_b64decode(members["ShardIterator"]))["arn"]}
    return str(members.get("StreamArn", "*"))


def is_root_key(key: str) -> bool:
    """Returns True if an access key is an account id. The emulator also takes `test` and no key for root."""
    return bool(re.fullmatch(r"\d{12}", key))


def skips_signature_check(_: str) -> bool:
    """Returns False: every signature is checked, root's included."""
    return False


# ---- Installation


def pretend_tls(pin: Callable[[str, bool], None], address: str, secure: bool) -> None:
    """Treats HTTP on loopback as TLS: policies that require aws:SecureTransport would deny every request."""
    pin(address, True)


def install() -> None:
    """Installs all corrections in the emulator."""
    for service in {service for service, _ in OVERRIDES} - set(app.SERVICE_HANDLERS):
        router.SERVICE_PATTERNS[service] = {}
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service
        iam_actions._BOTOCORE_SERVICE_MAP[service] = [service]
        app.SERVICE_HANDLERS[service] = with_overrides(service)
    for service, emulator in app.SERVICE_HANDLERS.items():
        app.SERVICE_HANDLERS[service] = with_overrides(service, emulator)
    for module, name, function in (
        (app, "_execute_api_authorization_type", authorization_type),
        (app, "_handle_execute_api_request", set_owner_account),
        (app, "pin_request_origin", pretend_tls),
        (ec2, "_parse_ip_permissions", ip_permissions),
        (ec2, "_parse_tag_specs", tag_specifications),
        (ec2, "_sg_rule_xml", rule_xml),
        (iam_actions, "extract_iam_action", batch_action),
        (iam_actions, "extract_resource_arn", stream_arn),
        (pipes, "_deliver_batch", pipe.deliver),
        (rest, "_apply_patch", patch),
        (rest, "_create_api_key", create_api_key),
        (s3, "_complete_multipart_upload", end_upload),
        (s3, "_create_multipart_upload", begin_upload),
        (rest, "_authorize_request_v1", use_usage_key),
        (rest, "_invoke_authorizer_lambda", keep_usage_key),
    ):
        setattr(module, name, functools.partial(function, getattr(module, name)))
    pipes._poll_loop = pipe.poll
    sns._send_subscription_confirmation = send_no_confirmation
    iam_evaluator.is_root_access_key, iam_evaluator._is_root_key = is_root_key, skips_signature_check
    # The emulator lacks the parameter of the newest arm64 image, which a launch template uses.
    ssm._PUBLIC_AMI_PARAMETERS[NEWEST_ARM_IMAGE] = "ami-0c2023a1b2c3d4e5f"
    # The emulator waits 50 ms for the log of a function that prints nothing.
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.005, 0.002, 0.25)
