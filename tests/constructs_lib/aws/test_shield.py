from ipaddress import IPv4Network

import pytest

from constructs_lib.aws.network.network import Network
from constructs_lib.aws.network.shield import ShieldAdvanced
from constructs_lib.settings.schema import carve
from tests.constructs_lib.conftest import Builder


@pytest.mark.parametrize(("nat_gateways", "nats"), [(0, []), (1, ["A"]), (2, ["A", "B"])])
def test_the_address_of_each_nat_gateway_is_protected_and_nothing_is_subscribed(
    build: Builder, nat_gateways: int, nats: list[str]
) -> None:
    cidr = IPv4Network("10.0.0.0/16")
    public, private = carve(cidr, 2)
    network = Network(
        build.stack,
        "Network",
        name="payments-dev",
        region="eu-west-1",
        cidr=cidr,
        public_subnets=public,
        private_subnets=private,
        nat_gateways=nat_gateways,
    )
    ShieldAdvanced(build.stack, "Shield", name="payments-dev", network=network, account=build.account)
    made = build.synth()
    assert made.all("aws_shield_protection") == {
        f"Shield_Nat{letter}": {
            "name": f"payments-dev-nat{letter.lower()}",
            "resource_arn": (
                "arn:${data.aws_partition.Account_Partition.partition}:ec2:eu-west-1:"
                "${data.aws_caller_identity.Account_Identity.account_id}:eip-allocation/"
                f"${{aws_nat_gateway.Network_Nat{letter}.allocation_id}}"
            ),
        }
        for letter in nats
    }
    assert "aws_shield_subscription" not in made.types
