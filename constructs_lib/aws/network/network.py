"""Networks (VPCs)."""

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
GATEWAY_ENDPOINTS = ("dynamodb", "s3")  # free of charge, and cheaper than traffic through NAT gateways


class AnyNetwork(Protocol):
    """Describes a created or an existing network."""

    @property
    def id(self) -> str:
        """Returns the id of the VPC."""

    @property
    def private_subnet_ids(self) -> list[str]:
        """Returns the ids of at least two subnets, in different zones."""

    @property
    def nats(self) -> Sequence[NatGateway]:
        """Returns the NAT gateways that this stack manages."""

    @property
    def https_destinations(self) -> dict[str, dict[str, Any]]:
        """Returns arguments of rules that allow HTTPS to the reachable destinations, by their names."""

    @property
    def outbound_dependencies(self) -> list[ITerraformDependable]:
        """Returns the resources that an instance depends on if it downloads something at its start."""


class Network(Construct):
    """Creates a VPC with a public and a private subnet in each zone.

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
        self.id: str = self.resource.id
        self.arn: str = self.resource.arn
        DefaultSecurityGroup(self, "DefaultSecurityGroup", vpc_id=self.id, tags={"Name": f"{name}-unused"})
        internet = InternetGateway(self, "InternetGateway", vpc_id=self.id, tags={"Name": name})
        public = self._route_table("Public")
        self._default_route("Public", public, gateway_id=internet.id)

        tables = [public]
        self.nats: list[NatGateway] = []
        self.private_subnets: list[Subnet] = []
        # Zones by letter, without a look-up, so that a new zone of AWS never moves a subnet.
        for letter, public_cidr, private_cidr in zip(
            ascii_lowercase, public_subnets, private_subnets, strict=False
        ):
            zone = f"{region}{letter}"
            public_subnet = self._subnet("Public", zone, public_cidr, public)
            if len(self.nats) < nat_gateways:
                self.nats.append(self._nat(letter, public_subnet, internet))
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
            for service in GATEWAY_ENDPOINTS
        }

    @property
    def private_subnet_ids(self) -> list[str]:
        return [subnet.id for subnet in self.private_subnets]

    @property
    def https_destinations(self) -> dict[str, dict[str, Any]]:
        """Returns all addresses if there is a NAT gateway, otherwise the gateway endpoints."""
        if self.nats:
            return {"Anywhere": {"cidr_ipv4": ANYWHERE}}
        return {
            service.capitalize(): {"prefix_list_id": endpoint.prefix_list_id}
            for service, endpoint in self.endpoints.items()
        }

    @property
    def outbound_dependencies(self) -> list[ITerraformDependable]:
        """Returns all routes, their associations and the endpoints."""
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
