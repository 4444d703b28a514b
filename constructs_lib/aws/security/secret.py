"""Secrets."""

from __future__ import annotations

from datetime import timedelta

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct

from constructs_lib.aws.adopted import is_adopted
from constructs_lib.aws.security.iam import SECRET_READ, SECRET_ROTATE, Grantee, Statement
from constructs_lib.aws.security.key import AnyKey

LENGTH = 64
FIRST_VERSION = 1


class Secret(Construct):
    """A random secret that neither code, synthesized JSON, plan nor state ever holds.

    An ephemeral resource makes the value and a write-only argument takes it; it is written again only when
    the version number changes (Terraform 1.11, "Write-only arguments").
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        key: AnyKey,
        recovery_window: timedelta,
        supplied: bool = False,
    ) -> None:
        """`supplied`: nothing is generated, somebody puts the value there."""
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
        # A value that exists stays: another one would lock out whoever has it.
        if not supplied and not is_adopted(self.resource):
            self._generate()

    @property
    def arn(self) -> str:
        return self.resource.arn

    @property
    def name(self) -> str:
        return self.resource.name

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
        """secretsmanager:GetSecretValue, and use of the key."""
        grantee.allow(Statement(actions=SECRET_READ, resources=[self.arn]))
        self._key.grant_use(grantee)

    def grant_rotate(self, grantee: Grantee) -> None:
        """secretsmanager:DescribeSecret, GetSecretValue, PutSecretValue, UpdateSecretVersionStage; key."""
        grantee.allow(Statement(actions=SECRET_ROTATE, resources=[self.arn]))
        self._key.grant_use(grantee)
