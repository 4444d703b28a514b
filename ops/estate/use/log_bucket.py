"""Checks of an existing log bucket: S3 must be able to deliver access logs to it."""

from collections.abc import Iterator

from constructs_lib.settings.naming import Naming
from ops.estate.caller import Caller, call_unless_missing
from ops.estate.use.policies import AccessRequest, denied_actions
from ops.target import Target

DELIVERY = ("Service", "logging.s3.amazonaws.com")
DEFAULT_REGION = "us-east-1"  # S3 returns no LocationConstraint for it
NO_ENCRYPTION = "ServerSideEncryptionConfigurationNotFoundError"


def log_bucket_problems(target: Target, caller: Caller) -> Iterator[str]:
    """Yields why S3 cannot deliver logs to a bucket: region, encryption or policy.

    Source: "Enabling Amazon S3 server access logging", user guide. IAM: s3:GetBucketLocation,
    s3:GetEncryptionConfiguration, s3:GetBucketPolicy.
    """
    s3, bucket = target.client("s3"), target.environment.estate.use.log_bucket
    setting = f'estate.use.log_bucket = "{bucket}":'
    region = s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] or DEFAULT_REGION
    if region != caller.region:
        yield f"{setting} is in {region}, must be in {caller.region}"
        return
    encryption = call_unless_missing(s3.get_bucket_encryption, NO_ENCRYPTION, Bucket=bucket) or {}
    for rule in encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", []):
        if rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] != "AES256":
            yield f"{setting} is encrypted with a KMS key by default: S3 delivers its logs with AES256 only"
    found = call_unless_missing(s3.get_bucket_policy, "NoSuchBucketPolicy", Bucket=bucket) or {}
    request = AccessRequest(
        principal=DELIVERY,
        actions=("s3:PutObject",),
        resource=f"arn:{caller.partition}:s3:::{bucket}/{Naming(target.name).name('audit')}/x",
        context={"aws:SourceAccount": caller.account},
    )
    if denied_actions(found.get("Policy", "{}"), request):
        prefix = Naming(target.name).prefix
        yield f"{setting} its policy must allow {DELIVERY[1]} to put objects under {prefix}-*"
