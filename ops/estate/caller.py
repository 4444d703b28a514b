"""The AWS account, partition and region of a command, and calls to it that may find nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ops.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Represents the account, the partition and the region in which a command runs."""

    account: str
    partition: str
    region: str

    @classmethod
    def of(cls, target: Target) -> Caller:
        """Returns the caller of a target. IAM: sts:GetCallerIdentity, which every identity has."""
        identity = target.client("sts").get_caller_identity()
        return cls(
            account=identity["Account"],
            partition=identity["Arn"].split(":")[1],
            region=target.environment.aws.region,
        )

    @property
    def account_and_region(self) -> str:
        return f"account {self.account} in {self.region}"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def root(self) -> tuple[str, str]:
        """Returns the policy principal of the account: every identity that its IAM policies allow."""
        return "AWS", f"arn:{self.partition}:iam::{self.account}:root"


def call_unless_missing(call: Callable[..., Any], *missing: str, **parameters: Any) -> Any:
    """Returns the response of a boto3 call, or None if it fails with one of the error codes in `missing`."""
    try:
        return call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] not in missing:
            raise
        return None
