"""IAM in the small: statements, documents, and the exact actions behind every grant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cdktf import Fn
from constructs import Node

TABLE_READ = ("dynamodb:GetItem",)
TABLE_READ_WRITE = ("dynamodb:GetItem", "dynamodb:PutItem")
TABLE_QUERY = ("dynamodb:Query",)
TABLE_QUERY_BY_INDEX = ("dynamodb:BatchGetItem", "dynamodb:Query")
STREAM_READ = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)
QUEUE_SEND = ("sqs:SendMessage",)
QUEUE_CONSUME = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage")
QUEUE_EVENT_SOURCE = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
BUCKET_PUT = ("s3:PutObject",)
BUCKET_READ = ("s3:GetObject",)
FUNCTION_INVOKE = ("lambda:InvokeFunction",)
PARAMETER_READ = ("ssm:GetParameter",)
METRIC_WRITE = ("cloudwatch:PutMetricData",)
SESSION_OPEN = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
SECRET_READ = ("secretsmanager:GetSecretValue",)
SECRET_ROTATE = (
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
)
BUS_PUT_EVENTS = ("events:PutEvents",)
TOPIC_PUBLISH = ("sns:Publish",)
LOG_WRITE = ("logs:CreateLogStream", "logs:PutLogEvents")
LOG_DELIVER = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
TRACE_WRITE = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
NETWORK_INTERFACE = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
KEY_USE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
KEY_USE_OF_VOLUMES = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
KEY_USE_OF_LOGS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
KEY_ADMINISTER = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)

type Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a policy; `principals` only in policies of resources.

    `except_resources` is for a refusal that means everything else. `sid` is for what actions and resources do
    not say. A grant has none: made of its construct's id it would change every policy when that is renamed.
    """

    actions: Sequence[str]
    sid: str = ""
    resources: Sequence[str] = ()
    except_resources: Sequence[str] = ()
    principals: Mapping[str, str | Sequence[str]] | str | None = None
    conditions: Conditions = field(default_factory=dict)
    effect: str = "Allow"

    def render(self) -> dict[str, Any]:
        """As IAM writes it, without the elements that are empty."""
        elements = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Principal": self.principals,
            "Action": list(self.actions),
            "Resource": list(self.resources),
            "NotResource": list(self.except_resources),
            "Condition": self.conditions,
        }
        return {name: value for name, value in elements.items() if value}


class Grantee(Protocol):
    """Anything that grants take: a role, or a construct that runs with one."""

    @property
    def node(self) -> Node:
        """Node in the construct tree."""

    @property
    def role_arn(self) -> str:
        """ARN of the role."""

    def allow(self, *statements: Statement) -> None:
        """Adds statements to the role's one inline policy."""


def document(statements: Iterable[Statement]) -> str:
    """A policy as a Terraform expression, because tokens inside must survive JSON and HCL quoting."""
    return Fn.jsonencode({"Version": "2012-10-17", "Statement": [s.render() for s in statements]})


def deny_plain_http(*, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """Refuse everybody who does not come over TLS."""
    return Statement(
        sid="DenyPlainHttp",
        effect="Deny",
        principals="*",
        actions=actions,
        resources=resources,
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
