"""A network that somebody else manages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet
from cdktf_cdktf_provider_aws.data_aws_vpc import DataAwsVpc
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from constructs import Construct

from constructs_lib.aws.network.network import ANYWHERE
from constructs_lib.aws.postconditions import require


class ExistingNetwork(Construct):
    """A VPC and its private subnets, read and never changed: no route, no endpoint, no flow log is added.

    A plan fails where the subnets are not of the VPC, give public addresses, or lie in one zone.
    """

    def __init__(self, scope: Construct, id: str, *, vpc: str, private_subnets: Sequence[str]) -> None:
        super().__init__(scope, id)
        self.nats: Sequence[NatGateway] = ()
        self._subnets = [
            DataAwsSubnet(self, f"PrivateSubnet{number}", id=subnet)
            for number, subnet in enumerate(private_subnets, start=1)
        ]
        for data, subnet in zip(self._subnets, private_subnets, strict=True):
            require(
                data,
                (f'self.vpc_id == "{vpc}"', f"Subnet {subnet} is not in {vpc}."),
                (
                    "!self.map_public_ip_on_launch",
                    f"Subnet {subnet} gives public addresses: it is not private.",
                ),
            )
        zones = (f"data.aws_subnet.{data.friendly_unique_id}.availability_zone" for data in self._subnets)
        # On what everything waits for; a check of its own would only warn.
        self._vpc = DataAwsVpc(self, "Vpc", id=vpc, depends_on=self._subnets)
        require(
            self._vpc,
            (
                f"length(distinct([{', '.join(zones)}])) > 1",
                "The private subnets must lie in different zones.",
            ),
        )

    @property
    def id(self) -> str:
        return self._vpc.id

    @property
    def private_subnet_ids(self) -> list[str]:
        return [subnet.id for subnet in self._subnets]

    @property
    def https_destinations(self) -> dict[str, dict[str, Any]]:
        """Anywhere: how the subnets get there, or how far, is decided by whoever manages them."""
        return {"Anywhere": {"cidr_ipv4": ANYWHERE}}

    @property
    def ways_out(self) -> list[ITerraformDependable]:
        """Nothing: all of them are there before."""
        return []
