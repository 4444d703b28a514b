from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest

from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.network.flow_logs import FlowLogs
from constructs_lib.aws.network.network import Network
from constructs_lib.aws.network.security_group import SecurityGroup
from tests.constructs_lib.conftest import Builder, policy


def _network(build: Builder, nat_gateways: int = 1) -> Network:
    return Network(
        build.stack,
        "Network",
        name="payments-dev",
        region="eu-west-1",
        cidr=IPv4Network("10.0.0.0/16"),
        public_subnets=[IPv4Network("10.0.0.0/20"), IPv4Network("10.0.16.0/20")],
        private_subnets=[IPv4Network("10.0.128.0/20"), IPv4Network("10.0.144.0/20")],
        nat_gateways=nat_gateways,
    )


def test_two_zones_each_have_a_public_and_a_private_subnet(build: Builder) -> None:
    _network(build)
    subnets = build.synth().all("aws_subnet")
    assert {
        (name, s["availability_zone"], s["cidr_block"], s["map_public_ip_on_launch"])
        for name, s in subnets.items()
    } == {
        ("Network_PublicSubnetA", "eu-west-1a", "10.0.0.0/20", False),
        ("Network_PublicSubnetB", "eu-west-1b", "10.0.16.0/20", False),
        ("Network_PrivateSubnetA", "eu-west-1a", "10.0.128.0/20", False),
        ("Network_PrivateSubnetB", "eu-west-1b", "10.0.144.0/20", False),
    }


@pytest.mark.parametrize(
    ("nat_gateways", "routes"),
    [
        (0, {}),
        (1, {"A": "NatA", "B": "NatA"}),
        (2, {"A": "NatA", "B": "NatB"}),
    ],
)
def test_private_subnets_go_out_through_as_many_nat_gateways_as_the_setting_says(
    build: Builder, nat_gateways: int, routes: dict[str, str]
) -> None:
    _network(build, nat_gateways)
    made = build.synth()
    assert made.all("aws_nat_gateway").keys() == {f"Network_{nat}" for nat in routes.values()}
    addresses = {nat["allocation_id"] for nat in made.all("aws_nat_gateway").values()}
    assert addresses == {f"${{aws_eip.{id}.id}}" for id in made.all("aws_eip")}
    found = {
        name.removeprefix("Network_Private").removesuffix("DefaultRoute"): route["nat_gateway_id"]
        for name, route in made.all("aws_route").items()
        if "Private" in name
    }
    assert found == {letter: f"${{aws_nat_gateway.Network_{nat}.id}}" for letter, nat in routes.items()}


def test_only_public_subnets_route_to_the_internet_gateway(build: Builder) -> None:
    _network(build)
    routes = build.synth().all("aws_route")
    assert [name for name, r in routes.items() if "gateway_id" in r] == ["Network_PublicDefaultRoute"]


def test_s3_and_dynamodb_are_reached_through_free_endpoints_from_every_subnet(build: Builder) -> None:
    _network(build)
    made = build.synth()
    endpoints = made.all("aws_vpc_endpoint")
    assert {e["service_name"] for e in endpoints.values()} == {
        "com.amazonaws.eu-west-1.s3",
        "com.amazonaws.eu-west-1.dynamodb",
    }
    for endpoint in endpoints.values():
        assert endpoint["vpc_endpoint_type"] == "Gateway"
        assert set(endpoint["route_table_ids"]) == {
            "${aws_route_table.Network_PublicRoutes.id}",
            "${aws_route_table.Network_PrivateARoutes.id}",
            "${aws_route_table.Network_PrivateBRoutes.id}",
        }


def test_the_default_security_group_is_emptied(build: Builder) -> None:
    _network(build)
    group = build.synth().one("aws_default_security_group")
    assert not {"ingress", "nat_gateways"} & set(group)


@pytest.mark.parametrize(
    ("nat_gateways", "destinations"),
    [
        (1, [{"cidr_ipv4": "0.0.0.0/0"}]),
        (
            0,
            [
                {"prefix_list_id": "${aws_vpc_endpoint.Network_EndpointDynamodb.prefix_list_id}"},
                {"prefix_list_id": "${aws_vpc_endpoint.Network_EndpointS3.prefix_list_id}"},
            ],
        ),
    ],
)
def test_a_security_group_lets_nothing_in_and_only_https_out(
    build: Builder, nat_gateways: int, destinations: list[dict[str, Any]]
) -> None:
    network = _network(build, nat_gateways)
    SecurityGroup(build.stack, "Functions", name="f", description="d", network=network)
    made = build.synth()
    assert not {t for t in made.types if "ingress" in t}
    assert not {"ingress", "nat_gateways"} & set(made.one("aws_security_group"))
    rules = made.all("aws_vpc_security_group_egress_rule").values()
    for rule in rules:
        assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 443, 443)
    wanted = ("cidr_ipv4", "prefix_list_id")
    assert [{k: v for k, v in rule.items() if k in wanted} for rule in rules] == destinations


def test_flow_logs_record_everything_through_a_role_that_only_their_service_assumes(build: Builder) -> None:
    group = LogGroup(build.stack, "Log", name="/aws/vpc/x", key=build.key(), retention=timedelta(days=14))
    FlowLogs(
        build.stack, "FlowLogs", name="x", network=_network(build), log_group=group, account=build.account
    )
    made = build.synth()
    log = made.one("aws_flow_log")
    assert (log["traffic_type"], log["max_aggregation_interval"]) == ("ALL", 600)
    assert log["log_destination"] == "${aws_cloudwatch_log_group.Log.arn}"
    [trust] = policy(made.one("aws_iam_role")["assume_role_policy"])
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]
    [statement] = policy(made.one("aws_iam_role_policy")["policy"])
    assert statement["Action"] == ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    assert made.one("aws_cloudwatch_log_group")["retention_in_days"] == 14
