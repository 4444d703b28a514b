"""The account and region that a stack is deployed to."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from constructs import Construct


class Account(Construct):
    """Builds ARNs of what does not exist yet, so that policies can name it without a cycle."""

    def __init__(self, scope: Construct, id: str, *, region: str) -> None:
        super().__init__(scope, id)
        self.region = region
        self.id = DataAwsCallerIdentity(self, "Identity").account_id
        self.partition = DataAwsPartition(self, "Partition").partition

    @property
    def root_arn(self) -> str:
        """The account itself as a principal: leaves the decision to its IAM policies."""
        return f"arn:{self.partition}:iam::{self.id}:root"

    def global_arn(self, service: str, resource: str) -> str:
        """ARN of a resource of the account that is in no region, such as `global_arn("iam", "role/x")`."""
        return f"arn:{self.partition}:{service}::{self.id}:{resource}"

    def bucket_arn(self, name: str) -> str:
        """ARN of a bucket or of objects in it: their names are unique in the world."""
        return f"arn:{self.partition}:s3:::{name}"

    def arn(self, service: str, resource: str) -> str:
        """ARN of a regional resource, such as `arn("sqs", "payments-dev-queue")`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
