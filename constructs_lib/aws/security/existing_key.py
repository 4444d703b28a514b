"""Existing encryption keys."""

from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.data_aws_kms_key import DataAwsKmsKey
from cdktf_cdktf_provider_aws.kms_grant import KmsGrant
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.postconditions import require
from constructs_lib.aws.security.iam import Conditions, Grantee, Statement
from constructs_lib.aws.security.key import USE, VOLUME_USE


class ExistingKey(Construct):
    """Reads an existing key; a plan fails if it is not symmetric, enabled and for encryption.

    The key policy is never changed. Roles are allowed to use the key by their own policies, as far as the key
    policy delegates to IAM. `services` lists the services that the key policy must admit already.
    """

    def __init__(self, scope: Construct, id: str, *, arn: str, account: Account) -> None:
        super().__init__(scope, id)
        self.account = account
        self._granted: set[str] = set()
        self.services: set[str] = set()
        self.data = DataAwsKmsKey(self, "Key", key_id=arn)
        self.arn: str = self.data.arn
        require(
            self.data,
            ("self.enabled", f"{arn} is not enabled."),
            ('self.key_usage == "ENCRYPT_DECRYPT"', f"{arn} is not a key for encryption."),
            ('self.key_spec == "SYMMETRIC_DEFAULT"', f"{arn} is not symmetric."),
        )

    def grant_use(self, grantee: Grantee) -> None:
        """Allows a role to encrypt and decrypt, in the policy of the role.

        Actions: kms:Decrypt, kms:DescribeKey, kms:GenerateDataKey.
        """
        if grantee.node.path not in self._granted:
            self._granted.add(grantee.node.path)
            grantee.allow(Statement(actions=USE, resources=[self.arn]))

    def grant_service(self, *, service: str, conditions: Conditions) -> None:
        """Adds a service to `services`; the owner of the key policy must admit it."""
        self.services.add(service)

    def grant_volumes(self, *, role_arn: str) -> Sequence[ITerraformDependable]:
        """Creates a KMS grant for a role that the key policy cannot name yet (actions: see AnyKey)."""
        return [
            KmsGrant(
                self,
                "Volumes",
                key_id=self.arn,
                grantee_principal=role_arn,
                operations=["CreateGrant", *(action.removeprefix("kms:") for action in VOLUME_USE)],
            )
        ]

    def grant_logs(self, *groups: str) -> None:
        """Adds CloudWatch Logs to `services`; the owner of the key policy must admit it."""
        self.services.add(f"logs.{self.account.region}.amazonaws.com")
