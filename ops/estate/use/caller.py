"""In whose account we ask."""

from __future__ import annotations

from dataclasses import dataclass

from ops.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    account: str
    partition: str
    region: str

    @classmethod
    def of(cls, target: Target) -> Caller:
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
        """The account itself as a principal of a policy: whoever its IAM policies let."""
        return "AWS", f"arn:{self.partition}:iam::{self.account}:root"
