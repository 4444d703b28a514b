"""Private S3 buckets."""

from collections.abc import Iterator, Sequence

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import S3BucketOwnershipControls
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import S3BucketVersioningA
from constructs import Construct

from constructs_lib.aws.security.iam import Conditions, Grantee, Statement, deny_plain_http, document
from constructs_lib.aws.security.key import AnyKey

ENCRYPTION = "s3:x-amz-server-side-encryption"


class PrivateBucket(Construct):
    """Creates a versioned and encrypted bucket without public access, ACLs or requests without TLS.

    Without a key it is encrypted with the AWS managed key of S3. `destroy_with_content` lets Terraform delete
    a bucket that still has objects.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        lifecycle: Sequence[S3BucketLifecycleConfigurationRule] = (),
        key: AnyKey | None = None,
        destroy_with_content: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self._key = key
        self.resource = S3Bucket(self, "Resource", bucket=name, force_destroy=destroy_with_content)
        self.name: str = self.resource.bucket
        self.arn: str = self.resource.arn
        bucket = self.resource.id
        versioning = S3BucketVersioningA(
            self, "Versioning", bucket=bucket, versioning_configuration={"status": "Enabled"}
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "Encryption",
            bucket=bucket,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    # One KMS request for many objects, not one for each.
                    bucket_key_enabled=True,
                    apply_server_side_encryption_by_default=(
                        {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn if key else None}
                    ),
                )
            ],
        )
        S3BucketOwnershipControls(
            self, "Ownership", bucket=bucket, rule={"object_ownership": "BucketOwnerEnforced"}
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
            policy=document(self._denials()),
            depends_on=[closed],  # S3 rejects concurrent changes of the two
        )
        if lifecycle:
            S3BucketLifecycleConfiguration(
                self,
                "Lifecycle",
                bucket=bucket,
                rule=list(lifecycle),
                depends_on=[versioning],  # rules for noncurrent versions need versions
            )

    def _denials(self) -> Iterator[Statement]:
        """Denies other keys than the bucket's, because only their owner could read the objects.

        S3 evaluates the policy before it applies the default encryption. A request without encryption headers
        gets the bucket's key; one with `aws:kms` and no key would get the AWS managed key (Amazon S3 user
        guide, "Specifying server-side encryption with AWS KMS").
        """
        objects = f"{self.arn}/*"
        actions = ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject")
        yield deny_plain_http(actions=actions, resources=[self.arn, objects])
        denied: dict[str, Conditions] = {
            "DenyKeysOfCallers": {"Null": {f"{ENCRYPTION}-customer-algorithm": "false"}}
        }
        if self._key:
            denied["DenyForeignKeys"] = {
                "Null": {ENCRYPTION: "false"},
                "StringNotEquals": {f"{ENCRYPTION}-aws-kms-key-id": self._key.arn},
            }
        for sid, conditions in denied.items():
            yield Statement(
                sid=sid,
                effect="Deny",
                principals="*",
                actions=["s3:PutObject"],
                resources=[objects],
                conditions=conditions,
            )

    def grant_read(self, grantee: Grantee, *, key: str) -> None:
        """Allows the grantee to read the object `key`. Actions: s3:GetObject; use of the encryption key."""
        self._grant(grantee, "s3:GetObject", key)

    def grant_put(self, grantee: Grantee, *, prefix: str) -> None:
        """Allows the grantee to put objects under `prefix`, without reads and deletes.

        Actions: s3:PutObject; use of the key.
        """
        self._grant(grantee, "s3:PutObject", f"{prefix}*")

    def _grant(self, grantee: Grantee, action: str, objects: str) -> None:
        grantee.allow(Statement(actions=[action], resources=[f"{self.arn}/{objects}"]))
        if self._key:
            self._key.grant_use(grantee)
