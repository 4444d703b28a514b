"""CloudWatch log groups."""

from datetime import timedelta

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.security.iam import Grantee, Statement
from constructs_lib.aws.security.key import AnyKey

YEAR = timedelta(days=365)


class LogGroup(Construct):
    """Creates an encrypted log group that deletes its events after `retention`."""

    def __init__(self, scope: Construct, id: str, *, name: str, key: AnyKey, retention: timedelta) -> None:
        """`retention`: a number of days that CloudWatch accepts, such as 1, 7, 30, 365."""
        super().__init__(scope, id)
        self.resource = CloudwatchLogGroup(
            self, "Resource", name=name, kms_key_id=key.arn, retention_in_days=retention.days
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        self.streams_arn = f"{self.arn}:log-stream:*"  # names of streams are not known in advance
        if retention < YEAR:
            accept(self.resource, CKV_AWS_338="logs are for operation; the audit trail is stored elsewhere")

    def grant_write(self, grantee: Grantee) -> None:
        """Allows the grantee to write streams. Actions: logs:CreateLogStream, logs:PutLogEvents."""
        grantee.allow(
            Statement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self.streams_arn])
        )

    def grant_deliver(self, grantee: Grantee) -> None:
        """Allows a delivering service to write.

        Actions: logs:CreateLogStream, logs:DescribeLogStreams, logs:PutLogEvents.
        """
        actions = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
        grantee.allow(Statement(actions=actions, resources=[self.arn, self.streams_arn]))
