"""Security groups."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.security_group import SecurityGroup as SecurityGroupResource
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from constructs_lib.network import ANYWHERE, Network

HTTPS = 443


class SecurityGroup(Construct):
    """No way in; out over HTTPS only: to anywhere where there is a NAT gateway, else to the endpoints."""

    def __init__(self, scope: Construct, id: str, *, name: str, description: str, network: Network) -> None:
        super().__init__(scope, id)
        self.resource = SecurityGroupResource(
            self, "Resource", name=name, description=description, vpc_id=network.id, tags={"Name": name}
        )
        destinations: dict[str, dict[str, Any]] = (
            {"Anywhere": {"cidr_ipv4": ANYWHERE}}
            if network.nats
            else {
                service.capitalize(): {"prefix_list_id": endpoint.prefix_list_id}
                for service, endpoint in network.endpoints.items()
            }
        )
        for id_, destination in destinations.items():
            VpcSecurityGroupEgressRule(
                self,
                f"HttpsTo{id_}",
                security_group_id=self.resource.id,
                description=f"HTTPS to {id_.lower()}",
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                **destination,
            )

    @property
    def id(self) -> str:
        return self.resource.id
