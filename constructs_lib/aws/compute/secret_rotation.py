"""Rotation of secrets."""

from datetime import timedelta

from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from cdktf_cdktf_provider_aws.secretsmanager_secret_rotation import SecretsmanagerSecretRotation
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.security.secret import Secret


class SecretRotation(Construct):
    """Rotates a secret with a function, for the first time one interval after the creation.

    It suits secrets whose readers name the version that they need, because old versions stay readable. The
    function is granted `Secret.grant_rotate`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        secret: Secret,
        function: Function,
        every: timedelta,
        account: Account,
    ) -> None:
        """`every`: whole days."""
        super().__init__(scope, id)
        secret.grant_rotate(function)
        # Secrets Manager names the account for which it calls, not the secret ("Permissions for rotation").
        allowed = LambdaPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=function.name,
            qualifier=function.alias.name,
            principal="secretsmanager.amazonaws.com",
            source_account=account.id,
        )
        self.resource = SecretsmanagerSecretRotation(
            self,
            "Resource",
            secret_id=secret.resource.id,
            rotation_lambda_arn=function.arn,
            rotate_immediately=False,
            rotation_rules={"automatically_after_days": every.days},
            depends_on=[allowed, function.role.policy],
        )
