"""What becomes of objects in a bucket with time: rules for all of it."""

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

ENABLED = "Enabled"


def archive(after: timedelta) -> S3BucketLifecycleConfigurationRule:
    """Move objects to Glacier Flexible Retrieval."""
    return S3BucketLifecycleConfigurationRule(
        id="archive",
        status=ENABLED,
        filter=_everything(),
        transition=[S3BucketLifecycleConfigurationRuleTransition(days=after.days, storage_class="GLACIER")],
    )


def forget_old_versions(after: timedelta) -> S3BucketLifecycleConfigurationRule:
    """Delete what was overwritten or deleted, and then the marks of deletions."""
    return S3BucketLifecycleConfigurationRule(
        id="forget-old-versions",
        status=ENABLED,
        filter=_everything(),
        noncurrent_version_expiration=[
            S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=after.days)
        ],
        expiration=[S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)],
    )


def drop_unfinished_uploads(after: timedelta) -> S3BucketLifecycleConfigurationRule:
    """Delete the parts of uploads that nobody ended: they are stored, paid for, and in no listing."""
    return S3BucketLifecycleConfigurationRule(
        id="drop-unfinished-uploads",
        status=ENABLED,
        filter=_everything(),
        abort_incomplete_multipart_upload=[
            S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=after.days)
        ],
    )


def _everything() -> list[S3BucketLifecycleConfigurationRuleFilter]:
    return [S3BucketLifecycleConfigurationRuleFilter(prefix="")]
