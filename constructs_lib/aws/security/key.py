"""Encryption keys."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.security.iam import Conditions, Grantee, Statement, document

USE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
# Source: "Required AWS KMS key policy for use with encrypted volumes", EC2 Auto Scaling user guide.
VOLUME_USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
# Source: "Encrypt log data in CloudWatch Logs using AWS KMS", CloudWatch Logs user guide.
LOG_USE = tuple(action for action in VOLUME_USE if not action.endswith("WithoutPlaintext"))
# In a key policy "*" means this key; AWS accepts no other resource there.
THIS_KEY = ("*",)
# The creation of a table, an object, a schedule or a secret uses the key with the permissions of its caller.
DEPLOYED_THROUGH = ("dynamodb", "s3", "scheduler", "secretsmanager")


class AnyKey(Protocol):
    """Describes a created or an existing encryption key."""

    @property
    def account(self) -> Account:
        """Returns the account and region of the stack that uses the key."""

    @property
    def arn(self) -> str:
        """Returns the ARN of the key, never of an alias."""

    def grant_use(self, grantee: Grantee) -> None:
        """Allows a role to encrypt and decrypt.

        Actions: kms:Decrypt, kms:DescribeKey, kms:GenerateDataKey.
        """

    def grant_service(self, *, service: str, conditions: Conditions) -> None:
        """Allows an AWS service to use the key; `conditions` name for which resources it acts.

        Actions: kms:Decrypt, kms:DescribeKey, kms:GenerateDataKey.
        """

    def grant_volumes(self, *, role_arn: str) -> Sequence[ITerraformDependable]:
        """Allows the service-linked role of an Auto Scaling group to start instances with encrypted volumes.

        Actions: kms:CreateGrant, kms:Decrypt, kms:DescribeKey, kms:Encrypt, kms:GenerateDataKey,
        kms:GenerateDataKeyWithoutPlaintext, kms:ReEncryptFrom, kms:ReEncryptTo. Returns the resources that
        the group must depend on.
        """

    def grant_logs(self, *groups: str) -> None:
        """Allows CloudWatch Logs to encrypt log groups with these names, which may contain `*`.

        Actions: kms:Decrypt, kms:DescribeKey, kms:Encrypt, kms:GenerateDataKey, kms:ReEncryptFrom,
        kms:ReEncryptTo.
        """


class Key(Construct):
    """Creates a rotating symmetric key with an alias; its key policy names every user.

    IAM policies of the account can administer the key, and use it only through the services that create
    encrypted resources during a deployment. Every other use needs a grant.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        deletion_window: timedelta = timedelta(days=30),
    ) -> None:
        """`name` is that of the alias; `deletion_window` is 7 to 30 days."""
        super().__init__(scope, id)
        self.account = account
        self._statements = [
            Statement(
                sid="AdministeredThroughIam",
                principals={"AWS": account.root_arn},
                actions=[
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
                resources=THIS_KEY,
            ),
            Statement(
                sid="UsedToDeploy",
                principals={"AWS": account.root_arn},
                actions=[*USE, "kms:CreateGrant"],
                resources=THIS_KEY,
                conditions={
                    "StringEquals": {
                        "kms:ViaService": [f"{s}.{account.region}.amazonaws.com" for s in DEPLOYED_THROUGH]
                    }
                },
            ),
        ]
        self._users: dict[str, str] = {}
        self.resource = KmsKey(
            self,
            "Resource",
            description=f"Everything that {name} stores",
            enable_key_rotation=True,
            deletion_window_in_days=deletion_window.days,
            policy=document(self._statements),
        )
        self.arn: str = self.resource.arn
        KmsAlias(self, "Alias", name=f"alias/{name}", target_key_id=self.resource.key_id)

    def grant_use(self, grantee: Grantee) -> None:
        """Allows a role to encrypt and decrypt, in the key policy (actions: see AnyKey)."""
        if grantee.node.path not in self._users:
            self._users[grantee.node.path] = grantee.role_arn
            self._render()

    def grant_service(self, *, service: str, conditions: Conditions) -> None:
        """Allows an AWS service to use the key, in the key policy (actions: see AnyKey)."""
        self._allow({"Service": service}, USE, conditions=conditions)

    def grant_volumes(self, *, role_arn: str) -> Sequence[ITerraformDependable]:
        """Allows an Auto Scaling group to use encrypted volumes, in the key policy (actions: see AnyKey)."""
        role = {"AWS": role_arn}
        self._allow(role, VOLUME_USE, sid="UsedByVolumes")
        self._allow(
            role,
            ["kms:CreateGrant"],
            sid="HandedToVolumes",
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )
        return ()  # the group depends on the key, and so on its policy

    def grant_logs(self, *groups: str) -> None:
        """Allows CloudWatch Logs to encrypt log groups, in the key policy (actions: see AnyKey)."""
        arns = [self.account.arn("logs", f"log-group:{group}") for group in groups]
        self._allow(
            {"Service": f"logs.{self.account.region}.amazonaws.com"},
            LOG_USE,
            sid="UsedByLogs",
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arns}},
        )

    def _allow(
        self,
        principals: dict[str, str],
        actions: Sequence[str],
        *,
        sid: str = "",
        conditions: Conditions | None = None,
    ) -> None:
        self._statements.append(
            Statement(
                sid=sid,
                principals=principals,
                actions=actions,
                resources=THIS_KEY,
                conditions=conditions or {},
            )
        )
        self._render()

    def _render(self) -> None:
        users = Statement(
            sid="UsedBy", principals={"AWS": list(self._users.values())}, actions=USE, resources=THIS_KEY
        )
        self.resource.policy = document([*self._statements, *([users] if self._users else [])])
