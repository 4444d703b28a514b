"""Account and region of a stack."""

from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from constructs import Construct


class Account(Construct):
    """Builds ARNs of the account, so that policies can name resources without a dependency cycle."""

    def __init__(self, scope: Construct, id: str, *, region: str) -> None:
        super().__init__(scope, id)
        self.region = region
        self.id = DataAwsCallerIdentity(self, "Identity").account_id
        self.partition = DataAwsPartition(self, "Partition").partition

    @property
    def root_arn(self) -> str:
        """Returns the account principal, which delegates the decision to the account's IAM policies."""
        return self.global_arn("iam", "root")

    def global_arn(self, service: str, resource: str) -> str:
        """Returns the ARN of a resource without a region, such as `global_arn("iam", "role/x")`."""
        return f"arn:{self.partition}:{service}::{self.id}:{resource}"

    def bucket_arn(self, name: str) -> str:
        """Returns the ARN of a bucket, or of objects in it; bucket names are globally unique."""
        return f"arn:{self.partition}:s3:::{name}"

    def managed_policy_arn(self, name: str) -> str:
        """Returns the ARN of an AWS managed policy."""
        return f"arn:{self.partition}:iam::aws:policy/{name}"

    def arn(self, service: str, resource: str) -> str:
        """Returns the ARN of a regional resource, such as `arn("sqs", "payments-dev-queue")`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
