"""Who a machine is."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.security.iam import METRIC_WRITE, SESSION_OPEN, Statement
from constructs_lib.aws.security.role import Role

AGENT_METRICS = "CWAgent"  # what the CloudWatch agent calls its namespace


class MachineRole(Construct):
    """The role of machines: it opens sessions for Session Manager and writes the agent's metrics.

    AWS's managed policies for both allow more: to read every parameter, and to write every log group. Source
    of the actions: "Add Session Manager permissions to an existing IAM role", Systems Manager user guide.
    """

    def __init__(self, scope: Construct, id: str, *, name: str) -> None:
        super().__init__(scope, id)
        self.role = Role(self, "Role", name=name, service="ec2.amazonaws.com")
        self.role.allow(
            # Neither has a resource that could be named: a session's channel is made when it is opened, and
            # metrics are no resources.
            Statement(sid="OpenSessions", actions=SESSION_OPEN, resources=["*"]),
            Statement(
                sid="WriteMetrics",
                actions=METRIC_WRITE,
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": AGENT_METRICS}},
            ),
        )
        accept(
            self.role.policy,
            CKV_AWS_290="sessions and metrics take no resource; all else names its own",
            CKV_AWS_355="sessions and metrics take no resource; all else names its own",
        )
        self.resource = IamInstanceProfile(self, "Resource", name=name, role=self.role.name)

    @property
    def arn(self) -> str:
        """ARN of the instance profile."""
        return self.resource.arn

    @property
    def name(self) -> str:
        """Name of the instance profile."""
        return self.resource.name

    @property
    def role_arn(self) -> str:
        return self.role.arn

    def allow(self, *statements: Statement) -> None:
        self.role.allow(*statements)
