"""Corrections of EC2, Auto Scaling and IAM's service-linked roles."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.ops.local.support import ACCOUNT, Clients

POLICY = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture(scope="module")
def vpc(aws: Clients) -> str:
    return str(aws("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def group(aws: Clients, request: pytest.FixtureRequest) -> str:
    """Creates an Auto Scaling group of mixed instances and returns its name."""
    ec2, scaling = aws("ec2"), aws("autoscaling")
    name: str = request.node.name
    created = ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "t4g.small"}
    )
    template = {"LaunchTemplateId": created["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=2,
        AvailabilityZones=["eu-west-1a"],
        CapacityRebalance=True,
        DefaultInstanceWarmup=120,
        MixedInstancesPolicy={
            "InstancesDistribution": {"OnDemandBaseCapacity": 1},
            "LaunchTemplate": {
                "LaunchTemplateSpecification": template,
                "Overrides": [{"InstanceType": "t4g.small"}, {"InstanceType": "t4g.medium"}],
            },
        },
    )
    return name


def describe_group(aws: Clients, name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"
    ]
    return found


def test_a_flow_log_keeps_its_role_its_interval_and_its_tags(aws: Clients, vpc: str) -> None:
    aws("ec2").create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestination=f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:flow",
        DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/flow",
        MaxAggregationInterval=600,
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "Team", "Value": "a"}]}],
    )
    (found,) = aws("ec2").describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc]}])["FlowLogs"]
    assert found["DeliverLogsPermissionArn"] == f"arn:aws:iam::{ACCOUNT}:role/flow"
    assert found["MaxAggregationInterval"] == 600
    assert found["Tags"] == [{"Key": "Team", "Value": "a"}]


def test_an_endpoint_keeps_its_policy_through_updates(aws: Clients, vpc: str) -> None:
    ec2 = aws("ec2")
    created = ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.eu-west-1.sts",
        PrivateDnsEnabled=True,
        SecurityGroupIds=["sg-00000001"],
        PolicyDocument="{}",
    )["VpcEndpoint"]
    assert created["Groups"] == [{"GroupId": "sg-00000001"}]
    ec2.modify_vpc_endpoint(VpcEndpointId=created["VpcEndpointId"], PolicyDocument=POLICY)
    (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[created["VpcEndpointId"]])["VpcEndpoints"]
    assert (found["PolicyDocument"], found["PrivateDnsEnabled"]) == (POLICY, True)


def test_rules_to_two_prefix_lists_are_two_rules_that_name_them(aws: Clients, vpc: str) -> None:
    ec2 = aws("ec2")
    group = ec2.create_security_group(GroupName="functions", Description="-", VpcId=vpc)["GroupId"]
    for name in ("pl-0000000a", "pl-0000000b"):
        lists = [{"PrefixListId": name, "Description": f"to {name}"}]
        permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": lists}
        created = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
        assert created["SecurityGroupRules"][0]["PrefixListId"] == name
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    found = {rule.get("PrefixListId"): rule.get("Description") for rule in rules["SecurityGroupRules"]}
    assert found.items() >= {"pl-0000000a": "to pl-0000000a", "pl-0000000b": "to pl-0000000b"}.items()


def test_the_rule_that_opens_a_new_group_is_revoked(aws: Clients, vpc: str) -> None:
    ec2 = aws("ec2")
    group = ec2.create_security_group(GroupName="closed", Description="-", VpcId=vpc)["GroupId"]
    everything = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["IpPermissionsEgress"] == []


def test_addresses_are_found_by_their_tags_and_endpoints_by_their_vpc(aws: Clients) -> None:
    ec2, created = aws("ec2"), {}
    for name in ("one", "two"):
        vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
        tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": name}]}]
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags)["AllocationId"]
        request = {"VpcId": vpc, "ServiceName": "com.amazonaws.eu-west-1.s3", "VpcEndpointType": "Gateway"}
        created[name] = (address, vpc, ec2.create_vpc_endpoint(**request)["VpcEndpoint"]["VpcEndpointId"])
    address, vpc, endpoint = created["two"]
    found = ec2.describe_addresses(Filters=[{"Name": "tag:Name", "Values": ["two"]}])["Addresses"]
    assert [one["AllocationId"] for one in found] == [address]
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["VpcEndpoints"]
    assert [one["VpcEndpointId"] for one in found] == [endpoint]


def test_a_launch_template_keeps_key_and_groups_in_every_version(aws: Clients) -> None:
    ec2 = aws("ec2")
    disks = [
        {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": "key-a", "VolumeType": "gp3"}}
    ]
    interfaces = [{"DeviceIndex": 0, "Groups": ["sg-00000001"], "DeleteOnTermination": True}]
    data = {"BlockDeviceMappings": disks, "NetworkInterfaces": interfaces}
    template = ec2.create_launch_template(LaunchTemplateName="fleet", LaunchTemplateData=data)[
        "LaunchTemplate"
    ]
    name = template["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=name, LaunchTemplateData={**data, "EbsOptimized": True}
    )
    found = ec2.describe_launch_template_versions(LaunchTemplateId=name)["LaunchTemplateVersions"]
    newest, oldest = (
        one["LaunchTemplateData"] for one in sorted(found, key=lambda one: -one["VersionNumber"])
    )
    assert [one["BlockDeviceMappings"][0]["Ebs"]["KmsKeyId"] for one in (newest, oldest)] == [
        "key-a",
        "key-a",
    ]
    assert newest["NetworkInterfaces"][0]["Groups"] == ["sg-00000001"]
    assert newest["EbsOptimized"]
    assert not oldest.get("EbsOptimized")


def test_a_group_keeps_its_mixed_instances_and_an_update_changes_what_it_names(
    aws: Clients, group: str
) -> None:
    aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=group, DefaultInstanceWarmup=180, MaxSize=3
    )
    found = describe_group(aws, group)
    overrides = found["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    assert [one["InstanceType"] for one in overrides] == ["t4g.small", "t4g.medium"]
    assert (found["CapacityRebalance"], found["DefaultInstanceWarmup"], found["MaxSize"]) == (True, 180, 3)


def test_a_group_collects_the_metrics_it_is_told_to(aws: Clients, group: str) -> None:
    scaling = aws("autoscaling")
    metrics = ["GroupInServiceInstances", "GroupDesiredCapacity"]
    scaling.enable_metrics_collection(AutoScalingGroupName=group, Metrics=metrics, Granularity="1Minute")
    scaling.disable_metrics_collection(AutoScalingGroupName=group, Metrics=metrics[:1])
    found = describe_group(aws, group)["EnabledMetrics"]
    assert found == [{"Metric": "GroupDesiredCapacity", "Granularity": "1Minute"}]
    scaling.disable_metrics_collection(AutoScalingGroupName=group)
    assert describe_group(aws, group)["EnabledMetrics"] == []


def test_policies_are_found_by_their_names(aws: Clients, group: str) -> None:
    scaling = aws("autoscaling")
    for name in ("cpu", "memory"):
        scaling.put_scaling_policy(
            AutoScalingGroupName=group,
            PolicyName=name,
            ScalingAdjustment=1,
            AdjustmentType="ChangeInCapacity",
        )
    found = scaling.describe_policies(AutoScalingGroupName=group, PolicyNames=["cpu"])["ScalingPolicies"]
    assert [one["PolicyName"] for one in found] == ["cpu"]
    assert len(scaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"]) == 2


def test_the_newest_arm64_image_is_known(aws: Clients) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    assert aws("ssm").get_parameter(Name=name)["Parameter"]["Value"].startswith("ami-")


def test_a_linked_role_has_the_name_of_its_service_and_its_suffix(aws: Clients) -> None:
    iam = aws("iam")
    request = {"AWSServiceName": "autoscaling.amazonaws.com", "CustomSuffix": "dev", "Description": "of dev"}
    created = iam.create_service_linked_role(**request)["Role"]
    assert created["RoleName"] == "AWSServiceRoleForAutoScaling_dev"
    found = iam.get_role(RoleName="AWSServiceRoleForAutoScaling_dev")["Role"]
    assert (found["Arn"], found["Description"]) == (created["Arn"], "of dev")
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        iam.create_service_linked_role(**request)
    assert iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]["RoleName"]


def test_a_nat_gateway_says_which_address_it_has(aws: Clients, vpc: str) -> None:
    ec2 = aws("ec2")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.7.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    created = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    (gateway,) = ec2.describe_nat_gateways(NatGatewayIds=[created])["NatGateways"]
    assert gateway["NatGatewayAddresses"] == [{"AllocationId": address, "IsPrimary": True}]


def test_an_auto_scaling_group_says_that_it_takes_any_open_reservation(aws: Clients, group: str) -> None:
    assert describe_group(aws, group)["CapacityReservationSpecification"] == {
        "CapacityReservationPreference": "default"
    }
