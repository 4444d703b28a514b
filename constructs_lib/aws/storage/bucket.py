"""Private buckets."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from constructs_lib.aws.security.iam import (
    BUCKET_PUT,
    BUCKET_READ,
    Grantee,
    Statement,
    deny_plain_http,
    document,
)
from constructs_lib.aws.security.key import AnyKey


class PrivateBucket(Construct):
    """A bucket that is versioned, encrypted, owned by its account, closed to the public and to plain HTTP.

    Without a key of ours it is encrypted with the account's own S3 key.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        lifecycle: Sequence[S3BucketLifecycleConfigurationRule],
        key: AnyKey | None = None,
        destroy_with_content: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self._key = key
        self.resource = S3Bucket(self, "Resource", bucket=name, force_destroy=destroy_with_content)
        bucket = self.resource.id
        versioning = S3BucketVersioningA(
            self,
            "Versioning",
            bucket=bucket,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "Encryption",
            bucket=bucket,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    # One KMS request for many objects instead of one for each.
                    bucket_key_enabled=True,
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="aws:kms", kms_master_key_id=key.arn if key else None
                        )
                    ),
                )
            ],
        )
        S3BucketOwnershipControls(
            self,
            "Ownership",
            bucket=bucket,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        closed = S3BucketPublicAccessBlock(
            self,
            "PublicAccess",
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketPolicy(
            self,
            "Policy",
            bucket=bucket,
            policy=document(self._refusals()),
            depends_on=[closed],  # S3 refuses two of these changes at the same moment
        )
        S3BucketLifecycleConfiguration(
            self,
            "Lifecycle",
            bucket=bucket,
            rule=list(lifecycle),
            depends_on=[versioning],  # rules for noncurrent versions need versions
        )

    @property
    def name(self) -> str:
        return self.resource.bucket

    @property
    def arn(self) -> str:
        return self.resource.arn

    def _refusals(self) -> list[Statement]:
        """Plain HTTP, and objects under another key than the bucket's: only that key's owner could read them.

        S3 decides before it fills in the bucket's default encryption: a request that names no encryption gets
        ours. One that names `aws:kms` without a key would get the account's own (Amazon S3 user guide,
        "Specifying server-side encryption with AWS KMS").
        """
        objects = [f"{self.arn}/*"]
        refusals = [
            deny_plain_http(actions=OBJECT_ACTIONS, resources=[self.arn, *objects]),
            Statement(
                sid="DenyKeysOfCallers",
                effect="Deny",
                principals="*",
                actions=BUCKET_PUT,
                resources=objects,
                conditions={"Null": {f"{ENCRYPTION}-customer-algorithm": "false"}},
            ),
        ]
        if self._key:
            refusals.append(
                Statement(
                    sid="DenyForeignKeys",
                    effect="Deny",
                    principals="*",
                    actions=BUCKET_PUT,
                    resources=objects,
                    conditions={
                        "Null": {ENCRYPTION: "false"},
                        "StringNotEquals": {f"{ENCRYPTION}-aws-kms-key-id": self._key.arn},
                    },
                )
            )
        return refusals

    def grant_read(self, grantee: Grantee, *, key: str) -> None:
        """s3:GetObject of one object, and use of the key."""
        grantee.allow(Statement(actions=BUCKET_READ, resources=[f"{self.arn}/{key}"]))
        if self._key:
            self._key.grant_use(grantee)

    def grant_put(self, grantee: Grantee, *, prefix: str) -> None:
        """s3:PutObject under `prefix`, and use of the key; nothing that reads or deletes."""
        grantee.allow(Statement(actions=BUCKET_PUT, resources=[f"{self.arn}/{prefix}*"]))
        if self._key:
            self._key.grant_use(grantee)


OBJECT_ACTIONS = ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject")
ENCRYPTION = "s3:x-amz-server-side-encryption"
