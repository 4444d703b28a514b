"""Permissions of every role and every resource policy of the environments."""

from __future__ import annotations

import re

import pytest

from tests.constructs_lib import permissions
from tests.constructs_lib.conftest import Synthesized, environment, policy

ENVIRONMENTS = ("dev", "staging", "prod")
STREAMS = ":log-stream:*"
AUDIT = "${aws_s3_bucket.Audit.arn}"
# Objects are named after their events, reports after their days.
PREFIXES = (STREAMS, f"{AUDIT}/events/*", f"{AUDIT}/reconciliation/*")
# Reasons for statements of roles that name no single resource.
WILDCARDS = {
    "cloudwatch:PutMetricData": "metrics are no resources; the namespace is a condition",
    "ec2:AssignPrivateIpAddresses": "Lambda checks it before a network interface exists",
    "ec2:CreateNetworkInterface": "Lambda checks it before a network interface exists",
    "ec2:DeleteNetworkInterface": "Lambda checks it before a network interface exists",
    "ec2:DescribeNetworkInterfaces": "Describe actions of EC2 take no resource",
    "ec2:DescribeSubnets": "Describe actions of EC2 take no resource",
    "ec2:UnassignPrivateIpAddresses": "Lambda checks it before a network interface exists",
    "ssm:UpdateInstanceInformation": "an instance is named by its own credentials",
    "ssmmessages:CreateControlChannel": "a session's channel is made when it is opened",
    "ssmmessages:CreateDataChannel": "a session's channel is made when it is opened",
    "ssmmessages:OpenControlChannel": "a session's channel is made when it is opened",
    "ssmmessages:OpenDataChannel": "a session's channel is made when it is opened",
    "xray:PutTelemetryRecords": "X-Ray takes no resource",
    "xray:PutTraceSegments": "X-Ray takes no resource",
}
# What actions and resources do not say of themselves.
STATEMENT_IDS = {
    "AdministeredThroughIam",
    "Assume",
    "DenyForeignKeys",
    "DenyKeysOfCallers",
    "DenyPlainHttp",
    "HandedToVolumes",
    "JoinNetwork",
    "OpenSessions",
    "Trace",
    "UsedBy",
    "UsedByLogs",
    "UsedByVolumes",
    "UsedToDeploy",
    "WriteMetrics",
}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(name: str) -> Synthesized:
    return environment(name)


def check_permissions(made: Synthesized, name: str) -> None:
    """Fails with one line for each permission that the stack or the table has alone."""
    unequal = permissions.difference(permissions.found(made), permissions.expected(name))
    assert not unequal, f"permissions of {name}:\n{unequal}"


def test_every_role_may_do_exactly_this(made: Synthesized, name: str) -> None:
    check_permissions(made, name)


def test_a_role_has_no_policy_but_its_own(made: Synthesized) -> None:
    assert not made.types & {"aws_iam_role_policy_attachment", "aws_iam_policy", "aws_iam_user"}
    trusted = {id.removesuffix("_Role") for id in made.all("aws_iam_role")}
    granted = {id.removesuffix("_Role_Policy") for id in made.all("aws_iam_role_policy")}
    assert trusted == granted


def test_a_role_is_only_ever_allowed(made: Synthesized) -> None:
    for id, body in made.all("aws_iam_role_policy").items():
        assert {it["Effect"] for it in policy(body["policy"])} == {"Allow"}, id


def test_no_action_is_a_wildcard_and_each_wildcard_resource_has_its_reason(made: Synthesized) -> None:
    for id, body in made.all("aws_iam_role_policy").items():
        for statement in policy(body["policy"]):
            assert not [it for it in statement["Action"] if "*" in it], id
            if statement["Resource"] == ["*"]:
                assert WILDCARDS.keys() >= set(statement["Action"]), id


def test_only_the_log_groups_streams_and_the_audit_files_are_named_by_their_prefix(
    made: Synthesized,
) -> None:
    for id, body in made.all("aws_iam_role_policy").items():
        for statement in policy(body["policy"]):
            for resource in statement["Resource"]:
                text = re.sub(r"<([^>]+)>", r"${\1}", resource)
                assert "*" not in text or text == "*" or text.endswith(PREFIXES), f"{id}: {text}"


def test_no_policy_depends_on_what_a_construct_is_called(made: Synthesized) -> None:
    """A construct can be renamed with a move alone: policies name it only by reference."""
    documents = [
        text
        for bodies in made.json["resource"].values()
        for body in bodies.values()
        for name, text in body.items()
        if name in {"policy", "assume_role_policy"} and "Statement" in text
    ]
    ids = {statement.get("Sid", "") for text in documents for statement in policy(text)}
    assert ids == {"", *STATEMENT_IDS}
