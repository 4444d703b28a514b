"""Checks of an existing network: its VPC and its private subnets."""

from collections.abc import Iterator, Mapping
from typing import Any

from ops.estate.caller import Caller, call_unless_missing
from ops.target import Target

INTERNET_GATEWAY = "igw-"


def network_problems(target: Target, caller: Caller) -> Iterator[str]:
    """Yields missing VPCs and subnets, subnets of another VPC, public subnets, and subnets in one zone only.

    IAM: ec2:DescribeVpcs, ec2:DescribeSubnets, ec2:DescribeRouteTables.
    """
    ec2, use = target.client("ec2"), target.environment.estate.use
    if call_unless_missing(ec2.describe_vpcs, "InvalidVpcID.NotFound", VpcIds=[use.vpc]) is None:
        yield f'estate.use.vpc = "{use.vpc}": {caller.account_and_region} has no such VPC'
        return
    filters = [{"Name": "subnet-id", "Values": list(use.private_subnets)}]
    found = {subnet["SubnetId"]: subnet for subnet in ec2.describe_subnets(Filters=filters)["Subnets"]}
    tables = _route_tables(ec2, str(use.vpc))
    for id in use.private_subnets:
        for problem in _subnet_problems(found.get(id), str(use.vpc), tables, caller):
            yield f'estate.use.private_subnets: "{id}" {problem}'
    zones = {subnet["AvailabilityZone"] for subnet in found.values()}
    if len(found) > 1 and len(zones) == 1:
        yield f"estate.use.private_subnets: all are in {zones.pop()}, must be in different zones"


def _subnet_problems(
    subnet: Mapping[str, Any] | None, vpc: str, tables: Mapping[str, Mapping[str, Any]], caller: Caller
) -> Iterator[str]:
    if subnet is None:
        yield f"does not exist: {caller.account_and_region} has no such subnet"
        return
    if subnet["VpcId"] != vpc:
        yield f"is in {subnet['VpcId']}, not in {vpc}"
        return
    if subnet["MapPublicIpOnLaunch"]:
        yield "assigns public addresses: it is not private"
    table = tables.get(subnet["SubnetId"]) or tables[vpc]
    for route in table["Routes"]:
        if route.get("GatewayId", "").startswith(INTERNET_GATEWAY):
            yield (
                f"is not private: {table['RouteTableId']} routes to {route['GatewayId']}, "
                "where functions have no address; name a subnet behind a NAT gateway"
            )


def _route_tables(ec2: Any, vpc: str) -> dict[str, Mapping[str, Any]]:
    """Returns route tables by subnet id. The VPC id has the main table, which all other subnets use."""
    pages = ec2.get_paginator("describe_route_tables").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return {
        association.get("SubnetId") or vpc: table
        for page in pages
        for table in page["RouteTables"]
        for association in table["Associations"]
    }
