"""The encryption key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.security.iam import (
    KEY_ADMINISTER,
    KEY_USE,
    KEY_USE_OF_LOGS,
    KEY_USE_OF_VOLUMES,
    Conditions,
    Grantee,
    Statement,
    document,
)

# In a key policy "*" means this key: AWS takes no other resource there.
THIS_KEY = ("*",)
# Creating a table, an object, a schedule or a secret with a key uses the key as the one who creates.
DEPLOYED_THROUGH = ("dynamodb", "s3", "scheduler", "secretsmanager")


class AnyKey(Protocol):
    """What constructs need of an encryption key, whoever made it."""

    @property
    def arn(self) -> str:
        """Of the key itself, never of an alias."""

    def grant_use(self, grantee: Grantee) -> None:
        """Let a role encrypt and decrypt: kms:Decrypt, kms:DescribeKey, kms:GenerateDataKey."""

    def grant_service(self, *, service: str, conditions: Conditions) -> None:
        """Let an AWS service use the key under `conditions`, which name for whom it acts."""

    def grant_volumes(self, *, role_arn: str) -> Sequence[ITerraformDependable]:
        """Let an Auto Scaling group's role start instances with encrypted volumes, after what is returned."""

    def grant_logs(self, *groups: str) -> None:
        """Let CloudWatch Logs encrypt log groups of these names; `*` stands for what AWS puts there."""


class Key(Construct):
    """A rotating symmetric key whose policy names everyone who uses it.

    IAM policies of the account can administer it, and use it only through the services with which whoever
    deploys creates encrypted things; every other use is granted by name.
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, account: Account, deletion_window: timedelta
    ) -> None:
        super().__init__(scope, id)
        self._account = account
        self._statements = [
            Statement(
                sid="AdministeredThroughIam",
                principals={"AWS": account.root_arn},
                actions=KEY_ADMINISTER,
                resources=THIS_KEY,
            ),
            Statement(
                sid="UsedToDeploy",
                principals={"AWS": account.root_arn},
                actions=[*KEY_USE, "kms:CreateGrant"],
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
        KmsAlias(self, "Alias", name=f"alias/{name}", target_key_id=self.resource.key_id)

    @property
    def arn(self) -> str:
        return self.resource.arn

    def grant_use(self, grantee: Grantee) -> None:
        """Let a role encrypt and decrypt: kms:Decrypt, kms:DescribeKey, kms:GenerateDataKey."""
        if grantee.node.path not in self._users:
            self._users[grantee.node.path] = grantee.role_arn
            self._render()

    def grant_service(self, *, service: str, conditions: Conditions) -> None:
        """Let an AWS service use the key under `conditions`, which name for whom it acts."""
        self._statements.append(
            Statement(
                principals={"Service": service},
                actions=KEY_USE,
                resources=THIS_KEY,
                conditions=conditions,
            )
        )
        self._render()

    def grant_volumes(self, *, role_arn: str) -> Sequence[ITerraformDependable]:
        """Let the service-linked role of an Auto Scaling group start instances with encrypted volumes.

        Source: "Required AWS KMS key policy for use with encrypted volumes", EC2 Auto Scaling user guide.
        """
        role = {"AWS": role_arn}
        self._statements += [
            Statement(sid="UsedByVolumes", principals=role, actions=KEY_USE_OF_VOLUMES, resources=THIS_KEY),
            Statement(
                sid="HandedToVolumes",
                principals=role,
                actions=["kms:CreateGrant"],
                resources=THIS_KEY,
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
        ]
        self._render()
        return ()  # a group needs the key, and with it its policy

    def grant_logs(self, *groups: str) -> None:
        """Let CloudWatch Logs encrypt log groups of these names; `*` stands for what AWS puts there.

        Source: "Encrypt log data in CloudWatch Logs using AWS KMS", CloudWatch Logs user guide.
        """
        arns = [self._account.arn("logs", f"log-group:{group}") for group in groups]
        self._statements.append(
            Statement(
                sid="UsedByLogs",
                principals={"Service": f"logs.{self._account.region}.amazonaws.com"},
                actions=KEY_USE_OF_LOGS,
                resources=THIS_KEY,
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arns}},
            )
        )
        self._render()

    def _render(self) -> None:
        users = Statement(
            sid="UsedBy", principals={"AWS": list(self._users.values())}, actions=KEY_USE, resources=THIS_KEY
        )
        self.resource.policy = document([*self._statements, *([users] if self._users else [])])
