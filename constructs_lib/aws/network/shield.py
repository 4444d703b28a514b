"""AWS Shield Advanced."""

from cdktf_cdktf_provider_aws.shield_protection import ShieldProtection
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.network.network import AnyNetwork


class ShieldAdvanced(Construct):
    """Protects the Elastic IP addresses of the NAT gateways with Shield Advanced.

    Shield Standard protects everything else at no charge. Shield Advanced accepts no REST API; use a web ACL
    for it (AWS Shield API reference, CreateProtection).

    The account needs a subscription to Shield Advanced, or the apply fails. It is never created here, because
    it costs 3,000 USD a month for at least a year, and data transfer (AWS Shield pricing, August 2025).
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
