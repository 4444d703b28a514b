"""A network that is used: its VPC and its private subnets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from ops.estate.use.caller import Caller
from ops.target import Target

INTERNET_GATEWAY = "igw-"


def network_problems(target: Target, caller: Caller) -> Iterator[str]:
    """A VPC that is not there; subnets that are not there, not in it, not private, or all in one zone."""
    ec2, use = target.client("ec2"), target.environment.estate.use
    try:
        ec2.describe_vpcs(VpcIds=[use.vpc])
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidVpcID.NotFound":
            raise
        yield f'estate.use.vpc = "{use.vpc}": {caller.account_and_region} has no such VPC'
        return
    listed = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": list(use.private_subnets)}])
    found = {subnet["SubnetId"]: subnet for subnet in listed["Subnets"]}
    tables = _tables(ec2, str(use.vpc))
    for id in use.private_subnets:
        for problem in _subnet_problems(found.get(id), str(use.vpc), tables, caller):
            yield f'estate.use.private_subnets: "{id}" {problem}'
    zones = {subnet["AvailabilityZone"] for subnet in found.values()}
    if len(found) > 1 and len(zones) == 1:
        yield f"estate.use.private_subnets: all lie in {zones.pop()}, must lie in different zones"


def _subnet_problems(
    subnet: Mapping[str, Any] | None, vpc: str, tables: Mapping[str, Mapping[str, Any]], caller: Caller
) -> Iterator[str]:
    if subnet is None:
        yield f"is not there: {caller.account_and_region} has no such subnet"
        return
    if subnet["VpcId"] != vpc:
        yield f"lies in {subnet['VpcId']}, not in {vpc}"
        return
    if subnet["MapPublicIpOnLaunch"]:
        yield "gives public addresses: it is not private"
    table = tables.get(subnet["SubnetId"]) or tables[vpc]
    for route in table["Routes"]:
        if route.get("GatewayId", "").startswith(INTERNET_GATEWAY):
            yield (
                f"is not private: {table['RouteTableId']} leads from it to {route['GatewayId']}, "
                "where functions have no address; give one behind a NAT gateway"
            )


def _tables(ec2: Any, vpc: str) -> dict[str, Mapping[str, Any]]:
    """Route table by subnet; by the VPC the one of all other subnets."""
    tables: dict[str, Mapping[str, Any]] = {}
    for page in ec2.get_paginator("describe_route_tables").paginate(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}]
    ):
        for table in page["RouteTables"]:
            for association in table["Associations"]:
                tables[association.get("SubnetId") or vpc] = table
    return tables
