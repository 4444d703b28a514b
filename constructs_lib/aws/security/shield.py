"""AWS Shield Advanced."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.shield_protection import ShieldProtection
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.network.network import AnyNetwork


class ShieldAdvanced(Construct):
    """Protects the addresses of the NAT gateways, through which payment gateways are reached.

    Shield Standard protects everything else by itself. Of our services Advanced takes Elastic IP addresses
    only: not a REST API, which the web ACL guards (AWS Shield API reference, CreateProtection).

    Needs the account's subscription, or the apply fails: it is never made here, as it costs 3,000 USD a month
    for at least a year, and data transfer besides (AWS Shield pricing, August 2025).
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, network: AnyNetwork, account: Account
    ) -> None:
        super().__init__(scope, id)
        for nat in network.nats:
            ShieldProtection(
                self,
                nat.node.id,
                name=f"{name}-{nat.node.id.lower()}",
                resource_arn=account.arn("ec2", f"eip-allocation/{nat.allocation_id}"),
            )
