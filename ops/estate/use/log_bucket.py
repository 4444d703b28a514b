"""A log bucket that is used: S3 has to be able to write into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.settings.naming import Naming
from ops.estate.use.caller import Caller
from ops.estate.use.policies import Asking, refused
from ops.target import Target

DELIVERY = ("Service", "logging.s3.amazonaws.com")
FIRST_REGION = "us-east-1"  # of which S3 says nothing


def log_bucket_problems(target: Target, caller: Caller) -> Iterator[str]:
    """Another region, an encryption that S3 does not log into, a policy that does not admit S3's logs.

    Source: "Enabling Amazon S3 server access logging", user guide.
    """
    s3, bucket = target.client("s3"), target.environment.estate.use.log_bucket
    here = f'estate.use.log_bucket = "{bucket}":'
    region = s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] or FIRST_REGION
    if region != caller.region:
        yield f"{here} lies in {region}, must lie in {caller.region}"
        return
    encryption = _unless_none(lambda: s3.get_bucket_encryption(Bucket=bucket))
    for rule in encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", []):
        if rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] != "AES256":
            yield f"{here} is encrypted with a KMS key by default: S3 delivers its logs with AES256 only"
    policy = _unless_none(lambda: s3.get_bucket_policy(Bucket=bucket)).get("Policy", "{}")
    asking = Asking(
        principal=DELIVERY,
        actions=("s3:PutObject",),
        resource=f"arn:{caller.partition}:s3:::{bucket}/{Naming(target.name).name('audit')}/x",
        known={"aws:SourceAccount": caller.account},
    )
    if refused(policy, asking):
        yield f"{here} its policy must let {DELIVERY[1]} put objects under {Naming(target.name).prefix}-*"


def _unless_none(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] not in (
            "NoSuchBucketPolicy",
            "ServerSideEncryptionConfigurationNotFoundError",
        ):
            raise
        return {}
