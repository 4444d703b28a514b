"""Existing networks."""

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
    """Reads an existing VPC and its private subnets, and adds no route, endpoint or flow log.

    A plan fails if the subnets are in another VPC, assign public addresses, or are in one zone.
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
        # On the data source that all resources depend on; a check block would only warn.
        self.data = DataAwsVpc(self, "Vpc", id=vpc, depends_on=self._subnets)
        self.id: str = self.data.id
        self.arn: str = self.data.arn
        require(
            self.data,
            (
                f"length(distinct([{', '.join(zones)}])) > 1",
                "The private subnets must be in different zones.",
            ),
        )

    @property
    def private_subnet_ids(self) -> list[str]:
        return [subnet.id for subnet in self._subnets]

    @property
    def https_destinations(self) -> dict[str, dict[str, Any]]:
        """Returns all addresses; the owner of the subnets decides about their routes."""
        return {"Anywhere": {"cidr_ipv4": ANYWHERE}}

    @property
    def outbound_dependencies(self) -> list[ITerraformDependable]:
        """Returns nothing: all routes exist."""
        return []
