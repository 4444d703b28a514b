"""S3 server access logs."""

from collections.abc import Mapping

from cdktf_cdktf_provider_aws.data_aws_s3_bucket import DataAwsS3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_logging import S3BucketLoggingA
from constructs import Construct

from constructs_lib.aws.postconditions import require
from constructs_lib.aws.storage.bucket import PrivateBucket


class AccessLogs(Construct):
    """Logs the requests to buckets in an existing log bucket of the same region and account.

    A plan fails if the log bucket is in another region ("Enabling Amazon S3 server access logging", S3 user
    guide).
    """

    def __init__(
        self, scope: Construct, id: str, *, log_bucket: str, region: str, buckets: Mapping[str, PrivateBucket]
    ) -> None:
        """`buckets`: by the prefix of their logs."""
        super().__init__(scope, id)
        target = DataAwsS3Bucket(self, "Bucket", bucket=log_bucket)
        require(target, (f'self.region == "{region}"', f"{log_bucket} is not in {region}."))
        for prefix, bucket in buckets.items():
            # The exception for missing access logs does not apply any more.
            bucket.resource.add_override("//.accepted.CKV_AWS_18", None)
            S3BucketLoggingA(
                self,
                bucket.node.id,
                bucket=bucket.resource.id,
                target_bucket=target.id,
                target_prefix=f"{prefix}/",
            )
