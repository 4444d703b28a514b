"""Lifecycle rules for all objects of a bucket."""

from datetime import timedelta
from typing import Any

from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLifecycleConfigurationRuleTransition,
)


def archive(after: timedelta) -> S3BucketLifecycleConfigurationRule:
    """Moves objects to Glacier Flexible Retrieval."""
    return _rule(
        "archive",
        transition=[S3BucketLifecycleConfigurationRuleTransition(days=after.days, storage_class="GLACIER")],
    )


def forget_old_versions(after: timedelta) -> S3BucketLifecycleConfigurationRule:
    """Deletes overwritten and deleted versions, and then the delete markers."""
    return _rule(
        "forget-old-versions",
        noncurrent_version_expiration=[
            S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=after.days)
        ],
        expiration=[S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)],
    )


def drop_unfinished_uploads(after: timedelta) -> S3BucketLifecycleConfigurationRule:
    """Deletes the parts of unfinished uploads, which cost money and appear in no listing."""
    return _rule(
        "drop-unfinished-uploads",
        abort_incomplete_multipart_upload=[
            S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=after.days)
        ],
    )


def _rule(id: str, **actions: Any) -> S3BucketLifecycleConfigurationRule:
    everything = S3BucketLifecycleConfigurationRuleFilter(prefix="")
    return S3BucketLifecycleConfigurationRule(id=id, status="Enabled", filter=[everything], **actions)
