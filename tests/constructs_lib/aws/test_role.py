import pytest

from constructs_lib.aws.security.iam import Statement
from constructs_lib.aws.security.role import Role
from tests.constructs_lib.conftest import Builder, policy


def test_a_role_trusts_one_service_under_its_conditions(build: Builder) -> None:
    role = Role(
        build.stack,
        "Pipe",
        name="payments-dev-pipe",
        service="pipes.amazonaws.com",
        conditions={"StringEquals": {"aws:SourceAccount": "123456789012"}},
    )
    role.allow(Statement(sid="Read", actions=["s3:GetObject"], resources=["arn:aws:s3:::b/k"]))
    made = build.synth().one("aws_iam_role")
    assert made["name"] == "payments-dev-pipe"
    assert policy(made["assume_role_policy"]) == [
        {
            "Sid": "Assume",
            "Effect": "Allow",
            "Principal": {"Service": "pipes.amazonaws.com"},
            "Action": ["sts:AssumeRole"],
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    ]


def test_all_grants_land_in_one_inline_policy(build: Builder) -> None:
    role = Role(build.stack, "R", name="r", service="lambda.amazonaws.com")
    role.allow(Statement(sid="A", actions=["sqs:SendMessage"], resources=["arn:aws:sqs:::q"]))
    role.allow(Statement(sid="B", actions=["s3:GetObject"], resources=["arn:aws:s3:::b/k"]))
    statements = policy(build.synth().one("aws_iam_role_policy")["policy"])
    assert [statement["Sid"] for statement in statements] == ["A", "B"]


def test_a_role_without_grants_has_no_policy_to_wait_for(build: Builder) -> None:
    role = Role(build.stack, "R", name="r", service="lambda.amazonaws.com")
    with pytest.raises(ValueError, match="t/R was granted nothing"):
        _ = role.policy
