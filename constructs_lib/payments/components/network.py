"""The network of functions and machines: a new one, or an existing VPC."""

from collections.abc import Callable

from constructs_lib.aws.network.existing_network import ExistingNetwork
from constructs_lib.aws.network.flow_logs import FlowLogs
from constructs_lib.aws.network.network import AnyNetwork, Network
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.settings.schema import Egress

NAT_GATEWAYS: dict[Egress, Callable[[int], int]] = {
    Egress.NONE: lambda zones: 0,
    Egress.SINGLE_NAT: lambda zones: 1,
    Egress.NAT_PER_AZ: lambda zones: zones,
}


def make_network(foundation: Foundation) -> AnyNetwork:
    """Creates the network with its log group `Flow`, or uses the VPC of the environment, which has none."""
    stack, naming, environment = foundation.stack, foundation.naming, foundation.environment
    use, settings = environment.estate.use, environment.network
    if use.vpc:
        return ExistingNetwork(stack, "Network", vpc=use.vpc, private_subnets=use.private_subnets)
    network = Network(
        stack,
        "Network",
        name=naming.prefix,
        region=environment.aws.region,
        cidr=settings.cidr,
        public_subnets=settings.public_subnets,
        private_subnets=settings.private_subnets,
        nat_gateways=NAT_GATEWAYS[settings.egress](settings.zones),
    )
    name = naming.name("flow-logs")
    FlowLogs(
        stack,
        "FlowLogs",
        name=name,
        network=network,
        log_group=foundation.log_group(
            "Flow", f"/aws/vpc/{name}", retention_days=settings.flow_log_retention_days
        ),
        account=foundation.account,
    )
    return network
