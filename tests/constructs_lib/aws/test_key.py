from datetime import timedelta

from constructs_lib.aws.security.iam import Statement
from constructs_lib.aws.security.key import Key
from constructs_lib.aws.security.role import Role
from tests.constructs_lib.conftest import Builder, policy

ROOT = {
    "AWS": (
        "arn:<data.aws_partition.Account_Partition.partition>:iam::"
        "<data.aws_caller_identity.Account_Identity.account_id>:root"
    )
}


def test_a_key_rotates_and_has_its_alias(build: Builder) -> None:
    Key(
        build.stack,
        "Key",
        name="payments-dev",
        account=build.account,
        deletion_window=timedelta(days=30),
    )
    made = build.synth()
    key = made.one("aws_kms_key")
    assert key["enable_key_rotation"] is True
    assert key["deletion_window_in_days"] == 30
    assert made.one("aws_kms_alias")["name"] == "alias/payments-dev"


def test_the_account_administers_and_uses_only_through_the_services_it_deploys_with(build: Builder) -> None:
    build.key()
    assert policy(build.synth().one("aws_kms_key")["policy"]) == [
        {
            "Sid": "AdministeredThroughIam",
            "Effect": "Allow",
            "Principal": ROOT,
            "Action": [
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
            ],
            "Resource": ["*"],
        },
        {
            "Sid": "UsedToDeploy",
            "Effect": "Allow",
            "Principal": ROOT,
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:CreateGrant"],
            "Resource": ["*"],
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": [
                        "dynamodb.eu-west-1.amazonaws.com",
                        "s3.eu-west-1.amazonaws.com",
                        "scheduler.eu-west-1.amazonaws.com",
                        "secretsmanager.eu-west-1.amazonaws.com",
                    ]
                }
            },
        },
    ]


def test_each_user_is_named_once_however_often_it_is_granted(build: Builder) -> None:
    key = build.key()
    for id in ("One", "Two"):
        role = Role(build.stack, id, name=id, service="lambda.amazonaws.com")
        role.allow(Statement(sid="A", actions=["sqs:SendMessage"], resources=["arn:aws:sqs:::q"]))
        key.grant_use(role)
        key.grant_use(role)
    made = build.synth()
    users = policy(made.one("aws_kms_key")["policy"])[-1]
    names = sorted(made.all("aws_iam_role"))
    assert sorted(users["Principal"]["AWS"]) == [f"<aws_iam_role.{name}.arn>" for name in names]
    assert users["Action"] == ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]


def test_logs_may_use_the_key_for_the_named_groups_only(build: Builder) -> None:
    build.key().grant_logs("/aws/*/payments-dev-*")
    statement = policy(build.synth().one("aws_kms_key")["policy"])[-1]
    assert statement["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert statement["Action"] == [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ]
    [arn] = statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert arn.endswith(":log-group:/aws/*/payments-dev-*")


def test_a_service_may_use_the_key_under_conditions(build: Builder) -> None:
    conditions = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    build.key().grant_service(service="events.amazonaws.com", conditions=conditions)
    statement = policy(build.synth().one("aws_kms_key")["policy"])[-1]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
        "Resource": ["*"],
        "Condition": conditions,
    }
