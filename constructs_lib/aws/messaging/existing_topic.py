"""A topic that somebody else manages."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.data_aws_sns_topic import DataAwsSnsTopic
from constructs import Construct

from constructs_lib.aws.postconditions import require


class ExistingTopic(Construct):
    """A topic, read and never changed: who publishes and who is told is its owner's to say.

    A plan fails where it is not there.
    """

    def __init__(self, scope: Construct, id: str, *, arn: str) -> None:
        super().__init__(scope, id)
        self.name = arn.rpartition(":")[2]
        self.data = DataAwsSnsTopic(self, "Topic", name=self.name)
        require(self.data, (f'self.arn == "{arn}"', f"{arn} is not in this account and region."))

    @property
    def arn(self) -> str:
        return self.data.arn
