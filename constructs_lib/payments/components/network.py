"""The network of functions and machines: a new one, or an existing VPC."""

from collections.abc import Callable
from dataclasses import dataclass

from constructs_lib.aws.monitoring.log_group import LogGroup
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Networking:
    """Represents the network. An existing VPC has no flow logs here."""

    network: AnyNetwork
    flow_logs: LogGroup | None


def make_network(foundation: Foundation) -> Networking:
    """Creates the network, or uses the VPC of the environment."""
    use = foundation.environment.estate.use
    if use.vpc:
        existing = ExistingNetwork(
            foundation.stack, "Network", vpc=use.vpc, private_subnets=use.private_subnets
        )
        return Networking(network=existing, flow_logs=None)
    network = _new_network(foundation)
    return Networking(network=network, flow_logs=_flow_logs(foundation, network))


def _new_network(foundation: Foundation) -> Network:
    settings = foundation.environment.network
    return Network(
        foundation.stack,
        "Network",
        name=foundation.naming.prefix,
        region=foundation.environment.aws.region,
        cidr=settings.cidr,
        public_subnets=settings.public_subnets,
        private_subnets=settings.private_subnets,
        nat_gateways=NAT_GATEWAYS[settings.egress](settings.zones),
    )


def _flow_logs(foundation: Foundation, network: Network) -> LogGroup:
    name = foundation.naming.name("flow-logs")
    log_group = foundation.log_groups.make(
        "Flow", f"/aws/vpc/{name}", retention_days=foundation.environment.network.flow_log_retention_days
    )
    FlowLogs(
        foundation.stack,
        "FlowLogs",
        name=name,
        network=network,
        log_group=log_group,
        account=foundation.account,
    )
    return log_group
