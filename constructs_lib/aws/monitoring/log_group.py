"""Log groups."""

from __future__ import annotations

from datetime import timedelta

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.security.iam import LOG_DELIVER, LOG_WRITE, Grantee, Statement
from constructs_lib.aws.security.key import AnyKey

YEAR = timedelta(days=365)


class LogGroup(Construct):
    """An encrypted log group that forgets after `retention` (whole days that CloudWatch knows)."""

    def __init__(self, scope: Construct, id: str, *, name: str, key: AnyKey, retention: timedelta) -> None:
        super().__init__(scope, id)
        self.resource = CloudwatchLogGroup(
            self, "Resource", name=name, kms_key_id=key.arn, retention_in_days=retention.days
        )
        if retention < YEAR:
            accept(
                self.resource,
                CKV_AWS_338="as long as the environment says; the evidence is in the audit bucket",
            )

    @property
    def arn(self) -> str:
        return self.resource.arn

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def streams_arn(self) -> str:
        """Every stream of this group: streams get their names when they are written."""
        return f"{self.resource.arn}:log-stream:*"

    def grant_write(self, grantee: Grantee) -> None:
        """logs:CreateLogStream and logs:PutLogEvents on the streams of this group."""
        grantee.allow(Statement(actions=LOG_WRITE, resources=[self.streams_arn]))

    def grant_deliver(self, grantee: Grantee) -> None:
        """What a delivering service needs: also logs:DescribeLogStreams."""
        grantee.allow(Statement(actions=LOG_DELIVER, resources=[self.arn, self.streams_arn]))
