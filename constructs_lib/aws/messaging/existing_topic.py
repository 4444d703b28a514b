"""Existing SNS topics."""

from cdktf_cdktf_provider_aws.data_aws_sns_topic import DataAwsSnsTopic
from constructs import Construct

from constructs_lib.aws.postconditions import require


class ExistingTopic(Construct):
    """Reads an existing topic; a plan fails if the account and region has no such topic.

    Its owner decides about publishers and subscribers; the topic is never changed.
    """

    def __init__(self, scope: Construct, id: str, *, arn: str) -> None:
        super().__init__(scope, id)
        self.name = arn.rpartition(":")[2]
        self.data = DataAwsSnsTopic(self, "Topic", name=self.name)
        self.arn: str = self.data.arn
        require(self.data, (f'self.arn == "{arn}"', f"{arn} is not in this account and region."))
