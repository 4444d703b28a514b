from datetime import timedelta
from pathlib import Path

from constructs_lib.aws.compute.secret_rotation import SecretRotation
from constructs_lib.aws.security.secret import Secret
from tests.constructs_lib.conftest import Builder, policy


def test_a_function_rotates_one_secret_and_no_other(build: Builder, tmp_path: Path) -> None:
    key = build.key()
    function = build.function("Rotation", key, tmp_path)
    secret = Secret(
        build.stack, "Pepper", name="p", description="d", key=key, recovery_window=timedelta(days=30)
    )
    SecretRotation(
        build.stack,
        "PepperRotation",
        secret=secret,
        function=function,
        every=timedelta(days=90),
        account=build.account,
    )
    made = build.synth()
    assert made.one("aws_secretsmanager_secret_rotation") == {
        "secret_id": "${aws_secretsmanager_secret.Pepper.id}",
        "rotation_lambda_arn": "${aws_lambda_alias.Rotation_Alias.arn}",
        "rotate_immediately": False,
        "rotation_rules": {"automatically_after_days": 90},
        "depends_on": [
            "aws_lambda_permission.PepperRotation_Invoke",
            "aws_iam_role_policy.Rotation_Role_Policy",
        ],
    }
    assert made.one("aws_lambda_permission") == {
        "action": "lambda:InvokeFunction",
        "function_name": "${aws_lambda_function.Rotation.function_name}",
        "qualifier": "${aws_lambda_alias.Rotation_Alias.name}",
        "principal": "secretsmanager.amazonaws.com",
        "source_account": "${data.aws_caller_identity.Account_Identity.account_id}",
    }
    statement = policy(made.one("aws_iam_role_policy")["policy"])[-1]
    assert statement["Action"] == [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ]
    assert statement["Resource"] == ["<aws_secretsmanager_secret.Pepper.arn>"]
    users = policy(made.one("aws_kms_key")["policy"])[-1]
    assert users["Principal"]["AWS"] == ["<aws_iam_role.Rotation_Role.arn>"]
