"""The network."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network
from string import ascii_lowercase
from typing import Any, Protocol

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from constructs import Construct

ANYWHERE = "0.0.0.0/0"
FREE_ENDPOINTS = ("dynamodb", "s3")  # gateway endpoints cost nothing and spare the NAT gateway's traffic


class AnyNetwork(Protocol):
    """What constructs need of a network, whoever made it."""

    @property
    def id(self) -> str:
        """Of the VPC."""

    @property
    def private_subnet_ids(self) -> list[str]:
        """At least two, in different zones."""

    @property
    def nats(self) -> Sequence[NatGateway]:
        """The NAT gateways that are ours to watch and to protect."""

    @property
    def https_destinations(self) -> dict[str, dict[str, Any]]:
        """Where private subnets can go over HTTPS: arguments of a rule that lets them, by name."""

    @property
    def ways_out(self) -> list[ITerraformDependable]:
        """What a machine waits for that fetches something while it starts."""


class Network(Construct):
    """A VPC with a public and a private subnet in each zone.

    Private subnets reach the internet through NAT gateways, and S3 and DynamoDB through gateway endpoints.
    The default security group has no rules.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        region: str,
        cidr: IPv4Network,
        public_subnets: Sequence[IPv4Network],
        private_subnets: Sequence[IPv4Network],
        nat_gateways: int = 0,
    ) -> None:
        """`nat_gateways`: 0 (no internet) to one for each zone; zones without their own use the last one.

        Subnets are one a zone, in the order of the zones.
        """
        super().__init__(scope, id)
        self._name = name
        self.resource = Vpc(
            self,
            "Resource",
            cidr_block=str(cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
        )
        DefaultSecurityGroup(self, "DefaultSecurityGroup", vpc_id=self.id, tags={"Name": f"{name}-unused"})
        internet = InternetGateway(self, "InternetGateway", vpc_id=self.id, tags={"Name": name})
        public = self._route_table("Public")
        self._default_route("Public", public, gateway_id=internet.id)

        tables = [public]
        self.nats: list[NatGateway] = []
        self.private_subnets: list[Subnet] = []
        # Zones by letter, not by a look-up: AWS adding a zone must never move a subnet.
        for letter, public_cidr, private_cidr in zip(
            ascii_lowercase, public_subnets, private_subnets, strict=False
        ):
            zone = f"{region}{letter}"
            open_subnet = self._subnet("Public", zone, public_cidr, public)
            if len(self.nats) < nat_gateways:
                self.nats.append(self._nat(letter, open_subnet, internet))
            private = self._route_table(f"Private{letter.upper()}")
            tables.append(private)
            self.private_subnets.append(self._subnet("Private", zone, private_cidr, private))
            if self.nats:
                self._default_route(f"Private{letter.upper()}", private, nat_gateway_id=self.nats[-1].id)
        self.endpoints = {
            service: VpcEndpoint(
                self,
                f"Endpoint{service.capitalize()}",
                vpc_id=self.id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=[table.id for table in tables],
                tags={"Name": f"{name}-{service}"},
            )
            for service in FREE_ENDPOINTS
        }

    @property
    def id(self) -> str:
        return self.resource.id

    @property
    def private_subnet_ids(self) -> list[str]:
        return [subnet.id for subnet in self.private_subnets]

    @property
    def https_destinations(self) -> dict[str, dict[str, Any]]:
        """Anywhere where there is a NAT gateway, else the endpoints."""
        if self.nats:
            return {"Anywhere": {"cidr_ipv4": ANYWHERE}}
        return {
            service.capitalize(): {"prefix_list_id": endpoint.prefix_list_id}
            for service, endpoint in self.endpoints.items()
        }

    @property
    def ways_out(self) -> list[ITerraformDependable]:
        """What a machine waits for that fetches something while it starts."""
        parts = (Route, RouteTableAssociation, VpcEndpoint)
        return [part for part in self.node.find_all() if isinstance(part, parts)]

    def _route_table(self, id: str) -> RouteTable:
        return RouteTable(self, f"{id}Routes", vpc_id=self.id, tags={"Name": f"{self._name}-{id.lower()}"})

    def _default_route(self, id: str, table: RouteTable, **target: Any) -> None:
        Route(self, f"{id}DefaultRoute", route_table_id=table.id, destination_cidr_block=ANYWHERE, **target)

    def _subnet(self, tier: str, zone: str, cidr: IPv4Network, table: RouteTable) -> Subnet:
        letter = zone[-1].upper()
        subnet = Subnet(
            self,
            f"{tier}Subnet{letter}",
            vpc_id=self.id,
            availability_zone=zone,
            cidr_block=str(cidr),
            map_public_ip_on_launch=False,
            tags={"Name": f"{self._name}-{tier.lower()}-{zone}"},
        )
        RouteTableAssociation(
            self, f"{tier}Association{letter}", subnet_id=subnet.id, route_table_id=table.id
        )
        return subnet

    def _nat(self, letter: str, subnet: Subnet, internet: InternetGateway) -> NatGateway:
        name = f"{self._name}-nat-{letter}"
        address = Eip(self, f"NatAddress{letter.upper()}", domain="vpc", tags={"Name": name})
        return NatGateway(
            self,
            f"Nat{letter.upper()}",
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags={"Name": name},
            depends_on=[internet],
        )
