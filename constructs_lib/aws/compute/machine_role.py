"""Roles of EC2 instances."""

from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.security.iam import Statement
from constructs_lib.aws.security.role import Role

AGENT_METRICS = "CWAgent"  # namespace of the CloudWatch agent


class MachineRole(Construct):
    """Creates a role with its instance profile, for Session Manager and the metrics of the CloudWatch agent.

    The AWS managed policies for both also allow to read every parameter and to write every log group. Source
    of the actions: "Add Session Manager permissions to an existing IAM role", Systems Manager user guide.
    """

    def __init__(self, scope: Construct, id: str, *, name: str) -> None:
        super().__init__(scope, id)
        self.role = Role(self, "Role", name=name, service="ec2.amazonaws.com")
        self.role.allow(
            # Both need "*": channels are created when a session starts, and metrics are no resources.
            Statement(
                sid="OpenSessions",
                actions=[
                    "ssm:UpdateInstanceInformation",
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ],
                resources=["*"],
            ),
            Statement(
                sid="WriteMetrics",
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": AGENT_METRICS}},
            ),
        )
        accept(
            self.role.policy,
            CKV_AWS_290="sessions and metrics have no resources; all other statements name their resources",
            CKV_AWS_355="sessions and metrics have no resources; all other statements name their resources",
        )
        self.resource = IamInstanceProfile(self, "Resource", name=name, role=self.role.name)
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        self.role_arn = self.role.arn

    def allow(self, *statements: Statement) -> None:
        self.role.allow(*statements)
