"""Who talked to whom in the network."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.flow_log import FlowLog
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.aws.network.network import Network
from constructs_lib.aws.security.role import Role

AGGREGATION_SECONDS = 600  # the longer of the two that AWS offers: fewer records to pay for


class FlowLogs(Construct):
    """All accepted and refused connections of a network, in a log group, through a role of its own."""

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
