"""An encryption key that somebody else manages."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.data_aws_kms_key import DataAwsKmsKey
from cdktf_cdktf_provider_aws.kms_grant import KmsGrant
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.postconditions import require
from constructs_lib.aws.security.iam import KEY_USE, Conditions, Grantee, Statement

# What an Auto Scaling group's role does with the key of its volumes, as a grant calls it. Source: "Required
# AWS KMS key policy for use with encrypted volumes", EC2 Auto Scaling user guide.
VOLUME_OPERATIONS = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)


class ExistingKey(Construct):
    """A key, read and never changed. A plan fails where it is not symmetric, enabled and for encryption.

    Its policy is its owner's. Roles get their use by their own policies, as far as the key leaves that to
    its account's; the role that starts machines gets a grant, because it does not exist before. Services
    have to be admitted already: `services` names them, and nothing here can give it to them.
    """

    def __init__(self, scope: Construct, id: str, *, arn: str, account: Account) -> None:
        super().__init__(scope, id)
        self._account = account
        self._granted: set[str] = set()
        self.services: set[str] = set()
        self.data = DataAwsKmsKey(self, "Key", key_id=arn)
        require(
            self.data,
            ("self.enabled", f"{arn} is not enabled."),
            ('self.key_usage == "ENCRYPT_DECRYPT"', f"{arn} is not a key for encryption."),
            ('self.key_spec == "SYMMETRIC_DEFAULT"', f"{arn} is not symmetric."),
        )

    @property
    def arn(self) -> str:
        return self.data.arn

    def grant_use(self, grantee: Grantee) -> None:
        """kms:Decrypt, kms:DescribeKey, kms:GenerateDataKey in the policy of the role."""
        if grantee.node.path not in self._granted:
            self._granted.add(grantee.node.path)
            grantee.allow(Statement(actions=KEY_USE, resources=[self.arn]))

    def grant_service(self, *, service: str, conditions: Conditions) -> None:
        """Note that the key's policy has to admit a service."""
        self.services.add(service)

    def grant_volumes(self, *, role_arn: str) -> Sequence[ITerraformDependable]:
        """A grant for the role."""
        return [
            KmsGrant(
                self,
                "Volumes",
                key_id=self.arn,
                grantee_principal=role_arn,
                operations=list(VOLUME_OPERATIONS),
            )
        ]

    def grant_logs(self, *groups: str) -> None:
        """Note that the key's policy has to admit CloudWatch Logs."""
        self.services.add(f"logs.{self._account.region}.amazonaws.com")
