"""Secrets."""

from datetime import timedelta

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct

from constructs_lib.aws.adopted import is_adopted
from constructs_lib.aws.security.iam import Grantee, Statement
from constructs_lib.aws.security.key import AnyKey

LENGTH = 64
FIRST_VERSION = 1


class Secret(Construct):
    """Creates a random secret whose value is in no code, synthesized JSON, plan or state.

    An ephemeral resource generates the value, and a write-only argument takes it. Terraform writes it again
    only when the version number changes (Terraform 1.11, "Write-only arguments").
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        key: AnyKey,
        recovery_window: timedelta = timedelta(days=30),
        supplied: bool = False,
    ) -> None:
        """`supplied`: no value is generated; an operator puts it into the secret.

        A deleted secret can be restored within `recovery_window` (0, or 7 to 30 days).
        """
        super().__init__(scope, id)
        self._key = key
        self.resource = SecretsmanagerSecret(
            self,
            "Resource",
            name=name,
            description=description,
            kms_key_id=key.arn,
            recovery_window_in_days=recovery_window.days,
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        # An adopted secret keeps its value: a new one would lock out its users.
        if not supplied and not is_adopted(self.resource):
            self._generate()

    def _generate(self) -> None:
        value = SecretsmanagerSecretVersion(
            self, "Value", secret_id=self.resource.id, secret_string_wo_version=FIRST_VERSION
        )
        generator = value.friendly_unique_id
        TerraformStack.of(self).add_override(
            f"ephemeral.aws_secretsmanager_random_password.{generator}",
            {"password_length": LENGTH, "exclude_punctuation": True},
        )
        value.add_override(
            "secret_string_wo",
            f"${{ephemeral.aws_secretsmanager_random_password.{generator}.random_password}}",
        )

    def grant_read(self, grantee: Grantee) -> None:
        """Allows the grantee to read the value. Actions: secretsmanager:GetSecretValue; use of the key."""
        grantee.allow(Statement(actions=["secretsmanager:GetSecretValue"], resources=[self.arn]))
        self._key.grant_use(grantee)

    def grant_rotate(self, grantee: Grantee) -> None:
        """Allows the grantee to replace the value.

        Actions: secretsmanager:DescribeSecret, secretsmanager:GetSecretValue, secretsmanager:PutSecretValue,
        secretsmanager:UpdateSecretVersionStage; use of the key.
        """
        actions = (
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        )
        grantee.allow(Statement(actions=actions, resources=[self.arn]))
        self._key.grant_use(grantee)
