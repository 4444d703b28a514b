"""Where the evidence is kept."""

from __future__ import annotations

from datetime import timedelta

from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLifecycleConfigurationRuleTransition,
)
from constructs import Construct

from constructs_lib.accepted import accept
from constructs_lib.bucket import PrivateBucket
from constructs_lib.key import AnyKey

ARCHIVE_AFTER = timedelta(days=30)
KEEP_OLD_VERSIONS = timedelta(days=90)
KEEP_UNFINISHED_UPLOADS = timedelta(days=7)


class AuditBucket(PrivateBucket):
    """A private bucket whose objects move to Glacier after 30 days and stay there."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, key: AnyKey, destroy_with_content: bool
    ) -> None:
        everything = [S3BucketLifecycleConfigurationRuleFilter(prefix="")]
        super().__init__(
            scope,
            id,
            name=name,
            key=key,
            destroy_with_content=destroy_with_content,
            lifecycle=[
                S3BucketLifecycleConfigurationRule(
                    id="archive",
                    status="Enabled",
                    filter=everything,
                    transition=[
                        S3BucketLifecycleConfigurationRuleTransition(
                            days=ARCHIVE_AFTER.days, storage_class="GLACIER"
                        )
                    ],
                ),
                S3BucketLifecycleConfigurationRule(
                    id="forget-old-versions",
                    status="Enabled",
                    filter=everything,
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=KEEP_OLD_VERSIONS.days
                        )
                    ],
                    expiration=[
                        S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)
                    ],
                ),
                S3BucketLifecycleConfigurationRule(
                    id="drop-unfinished-uploads",
                    status="Enabled",
                    filter=everything,
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=KEEP_UNFINISHED_UPLOADS.days
                        )
                    ],
                ),
            ],
        )
        accept(
            self.resource,
            CKV_AWS_18="CloudTrail's data events say who read it; a bucket of access logs would ask the same",
            CKV_AWS_144="versions and Glacier keep it; a second region doubles what evidence costs",
            CKV2_AWS_62="nobody waits for a file: the event itself is on the bus",
        )
