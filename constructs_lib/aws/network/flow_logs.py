"""VPC flow logs."""

from cdktf_cdktf_provider_aws.flow_log import FlowLog
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.network.network import Network
from constructs_lib.aws.security.role import Role

AGGREGATION_SECONDS = 600  # the longer of two intervals: fewer paid records


class FlowLogs(Construct):
    """Logs all accepted and rejected connections of a network to a log group, with its role."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, network: Network, log_group: LogGroup, account: Account
    ) -> None:
        super().__init__(scope, id)
        role = Role(
            self,
            "Role",
            name=name,
            service="vpc-flow-logs.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": account.id}},
        )
        log_group.grant_deliver(role)
        self.resource = FlowLog(
            self,
            "Resource",
            vpc_id=network.id,
            traffic_type="ALL",
            max_aggregation_interval=AGGREGATION_SECONDS,
            log_destination=log_group.arn,
            iam_role_arn=role.arn,
            tags={"Name": name},
            depends_on=[role.policy],
        )
