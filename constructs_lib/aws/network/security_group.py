"""Security groups."""

from cdktf_cdktf_provider_aws.security_group import SecurityGroup as SecurityGroupResource
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from constructs_lib.aws.network.network import AnyNetwork

HTTPS = 443


class SecurityGroup(Construct):
    """Creates a security group without inbound rules, and with HTTPS to the destinations of the network."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, description: str, network: AnyNetwork
    ) -> None:
        super().__init__(scope, id)
        self.resource = SecurityGroupResource(
            self, "Resource", name=name, description=description, vpc_id=network.id, tags={"Name": name}
        )
        self.name = name
        self.id: str = self.resource.id
        self.arn: str = self.resource.arn
        for id_, destination in network.https_destinations.items():
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
