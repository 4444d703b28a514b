"""Checks of existing resources, against local AWS."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.settings.estate import EstateSettings
from constructs_lib.settings.existing_resources import UsedTopics, UseSettings
from constructs_lib.settings.schema import AwsSettings, Detector, Environment, SecuritySettings
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.caller import Caller
from ops.estate.use import use
from ops.estate.use.topics import topic_problems
from ops.target import LOCAL_ACCOUNT, Target

ROOT = {"AWS": f"arn:aws:iam::{LOCAL_ACCOUNT}:root"}
MISSING_KEY = "arn:aws:kms:eu-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SERVICES = [f"{name}.amazonaws.com" for name in ("budgets", "cloudwatch", "costalerts", "events")]


def using(target: Target, *, guard_duty: Detector = Detector.OFF, **used: Any) -> Target:
    environment = Environment(
        name="dev",
        security=SecuritySettings(guard_duty=guard_duty),
        estate=EstateSettings(use=UseSettings(**used)),
    )
    return replace(target, environment=environment)


def faults(target: Target) -> list[str]:
    with pytest.raises(Problem) as problem:
        use.check(target)
    assert problem.value.code == NEEDS_PERSON
    assert "Nothing was planned." in problem.value.hint
    return problem.value.what.split("\n")


def allow(principal: dict[str, Any], actions: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


WHOLE = document(
    allow(ROOT, "kms:*"),
    allow({"Service": SERVICES}, ["kms:Decrypt", "kms:GenerateDataKey*"]),
    allow({"Service": "logs.eu-west-1.amazonaws.com"}, "kms:*"),
)


def key(target: Target, policy: str = WHOLE, **options: Any) -> str:
    created = target.client("kms").create_key(Policy=policy, **options)
    return str(created["KeyMetadata"]["Arn"])


# Without anything used


def test_without_anything_used_aws_is_not_asked(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "client", lambda *_: pytest.fail("asked"))
    use.check(using(target))


# Network


class Network:
    """Creates a VPC with two private subnets and a public one."""

    def __init__(self, ec2: Any) -> None:
        self.ec2 = ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
        self.private = [self.subnet(f"10.50.{n}.0/24", zone) for n, zone in enumerate("ab")]
        self.public = self.subnet("10.50.9.0/24", "c")
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        ec2.associate_route_table(RouteTableId=table, SubnetId=self.public)
        self.route = f"{table} routes to {gateway}"

    def subnet(self, cidr: str, zone: str) -> str:
        created = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=f"eu-west-1{zone}")
        return str(created["Subnet"]["SubnetId"])


@pytest.fixture
def network(target: Target) -> Network:
    return Network(target.client("ec2"))


def test_two_private_subnets_in_different_zones_are_fine(target: Target, network: Network) -> None:
    use.check(using(target, vpc=network.vpc, private_subnets=tuple(network.private)))


def test_a_vpc_that_is_not_there_is_named_with_where_it_was_looked_for(target: Target) -> None:
    assert faults(using(target, vpc="vpc-00000000", private_subnets=("subnet-00000000",))) == [
        'estate.use.vpc = "vpc-00000000": account 000000000000 in eu-west-1 has no such VPC'
    ]


def test_each_wrong_subnet_is_named_at_once(target: Target, network: Network) -> None:
    other = Network(target.client("ec2"))
    foreign = other.private[0]
    wrong = (network.private[0], network.public, foreign, "subnet-00000000")
    setting = "estate.use.private_subnets:"
    assert faults(using(target, vpc=network.vpc, private_subnets=wrong)) == [
        f'{setting} "{network.public}" is not private: {network.route}, where functions have no address; '
        "name a subnet behind a NAT gateway",
        f'{setting} "{foreign}" is in {other.vpc}, not in {network.vpc}',
        f'{setting} "subnet-00000000" does not exist: account 000000000000 in eu-west-1 has no such subnet',
    ]


def test_a_subnet_that_gives_public_addresses_is_not_private(target: Target, network: Network) -> None:
    network.ec2.modify_subnet_attribute(SubnetId=network.private[0], MapPublicIpOnLaunch={"Value": True})
    assert faults(using(target, vpc=network.vpc, private_subnets=tuple(network.private))) == [
        f'estate.use.private_subnets: "{network.private[0]}" assigns public addresses: it is not private'
    ]


def test_two_subnets_of_one_zone_are_not_enough(target: Target, network: Network) -> None:
    second = network.subnet("10.50.5.0/24", "a")
    assert faults(using(target, vpc=network.vpc, private_subnets=(network.private[0], second))) == [
        "estate.use.private_subnets: all are in eu-west-1a, must be in different zones"
    ]


def test_another_failure_of_aws_is_told_with_its_code(
    target: Target, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def describe_vpcs(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "UnauthorizedOperation"}}, "DescribeVpcs")

    real = Target.client
    monkeypatch.setattr(
        Target, "client", lambda it, service: Refusing() if service == "ec2" else real(it, service)
    )
    assert faults(using(target, vpc=network.vpc, private_subnets=tuple(network.private))) == [
        "estate.use.vpc: account 000000000000 in eu-west-1 returns UnauthorizedOperation for DescribeVpcs"
    ]


# Key


def test_a_key_whose_policy_admits_everybody_who_uses_it_is_fine(target: Target) -> None:
    use.check(using(target, key=key(target)))


def test_an_environment_that_has_its_own_key_is_given_no_other(target: Target) -> None:
    kms = target.client("kms")
    kms.create_alias(AliasName="alias/payments-dev", TargetKeyId=key(target))
    [problem] = faults(using(target, key=key(target)))
    kms.delete_alias(AliasName="alias/payments-dev")
    assert "dev has a key of its own, alias/payments-dev: the plan would destroy it" in problem


def test_a_key_that_is_not_there_is_told(target: Target) -> None:
    [problem] = faults(using(target, key=MISSING_KEY))
    assert problem == (
        "estate.use.key: account 000000000000 in eu-west-1 returns NotFoundException for DescribeKey"
    )


def test_a_key_that_cannot_encrypt_or_is_disabled_is_refused(target: Target) -> None:
    arn = key(target, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    target.client("kms").disable_key(KeyId=arn)
    assert [problem.partition(f'"{arn}": ')[2] for problem in faults(using(target, key=arn))] == [
        "Enabled is False, must be True",
        "KeySpec is HMAC_256, must be SYMMETRIC_DEFAULT",
        "KeyUsage is GENERATE_VERIFY_MAC, must be ENCRYPT_DECRYPT",
    ]


def test_everybody_whom_the_policy_leaves_out_is_named_with_the_reason(target: Target) -> None:
    through = {"StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}}
    lambdas = "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/*"
    policy = document(
        allow(ROOT, "kms:*", Condition=through),
        allow({"Service": SERVICES[1:]}, ["kms:Decrypt", "kms:GenerateDataKey*"]),
        allow(
            {"Service": "logs.eu-west-1.amazonaws.com"},
            "kms:*",
            Condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": lambdas}},
        ),
    )
    whole = "\n".join(faults(using(target, key=key(target, policy))))
    assert "allow budgets.amazonaws.com, for the cost topic: kms:Decrypt, kms:GenerateDataKey" in whole
    assert "allow logs.eu-west-1.amazonaws.com, for log groups such as aws-waf-logs-payments-dev" in whole
    assert "/aws/lambda/" not in whole
    assert ":root, for roles through sqs: kms:Decrypt, kms:GenerateDataKey, kms:DescribeKey" in whole
    assert "through dynamodb" not in whole
    assert ":root, for EBS volumes: kms:CreateGrant" in whole


# Topics


def topic(target: Target, name: str, *statements: dict[str, Any], **attributes: str) -> str:
    policy = {"Policy": document(*statements)} if statements else {}
    created = target.client("sns").create_topic(Name=name, Attributes={**policy, **attributes})
    return str(created["TopicArn"])


def test_a_topic_that_its_services_can_publish_to_is_fine(target: Target) -> None:
    admits = allow({"Service": SERVICES}, "sns:Publish")
    arn = topic(target, "open", admits, KmsMasterKeyId=key(target))
    use.check(using(target, topics=UsedTopics(cost=arn, ops=arn, security=arn)))


def test_a_topic_with_the_policy_that_sns_gives_admits_alarms_but_no_event_rules(target: Target) -> None:
    arn = topic(target, "plain")
    assert faults(using(target, topics=UsedTopics(ops=arn))) == [
        f'estate.use.topics.ops = "{arn}": its policy must allow events.amazonaws.com to publish'
    ]


def test_a_topic_encrypted_with_awss_own_key_reaches_nobody(target: Target) -> None:
    arn = topic(target, "own", allow({"Service": SERVICES}, "sns:Publish"), KmsMasterKeyId="alias/aws/sns")
    assert faults(using(target, topics=UsedTopics(security=arn))) == [
        f'estate.use.topics.security = "{arn}": is encrypted with alias/aws/sns, '
        "with which no AWS service can publish"
    ]


def test_the_key_of_a_topic_has_to_admit_its_publishers_too(target: Target) -> None:
    encrypted = key(target, document(allow(ROOT, "kms:*")))
    arn = topic(target, "closed", allow({"Service": SERVICES}, "sns:Publish"), KmsMasterKeyId=encrypted)
    assert faults(using(target, topics=UsedTopics(security=arn))) == [
        f'estate.use.topics.security = "{arn}": its key must allow events.amazonaws.com: '
        "kms:Decrypt, kms:GenerateDataKey"
    ]


@pytest.mark.parametrize(
    ("pattern", "problems"), [("arn:aws:cloudwatch:eu-west-1:000000000000:alarm:*", 0), ("arn:x", 1)]
)
def test_alarms_are_known_by_their_arn(target: Target, pattern: str, problems: int) -> None:
    alarms = allow({"Service": SERVICES[1]}, "sns:Publish", Condition={"ArnLike": {"aws:SourceArn": pattern}})
    arn = topic(target, f"alarms-{problems}", alarms, allow({"Service": SERVICES[3]}, "sns:Publish"))
    used = using(target, topics=UsedTopics(ops=arn))
    assert len(list(topic_problems("ops", used, Caller.of(used)))) == problems


# Log bucket


def bucket(target: Target, name: str, region: str = "eu-west-1") -> str:
    located = replace(target, environment=Environment(name="dev", aws=AwsSettings(region=region)))
    located.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return name


DELIVERY = allow({"Service": "logging.s3.amazonaws.com"}, "s3:PutObject")


def test_a_log_bucket_that_s3_can_write_to_is_fine(target: Target) -> None:
    name = bucket(target, "logs-that-work")
    target.client("s3").put_bucket_policy(Bucket=name, Policy=document(DELIVERY))
    use.check(using(target, log_bucket=name))


def test_a_log_bucket_of_another_region_is_refused(target: Target) -> None:
    name = bucket(target, "logs-elsewhere", "eu-central-1")
    assert faults(using(target, log_bucket=name)) == [
        f'estate.use.log_bucket = "{name}": is in eu-central-1, must be in eu-west-1'
    ]


def test_a_log_bucket_without_a_policy_or_with_a_key_is_refused(target: Target) -> None:
    name = bucket(target, "logs-that-fail")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    target.client("s3").put_bucket_encryption(
        Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    setting = f'estate.use.log_bucket = "{name}":'
    assert faults(using(target, log_bucket=name)) == [
        f"{setting} is encrypted with a KMS key by default: S3 delivers its logs with AES256 only",
        f"{setting} its policy must allow logging.s3.amazonaws.com to put objects under payments-dev-*",
    ]


def test_a_log_bucket_whose_policy_may_not_be_read_is_told(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def get_bucket_location(self, Bucket: str) -> Any:
            return {"LocationConstraint": "eu-west-1"}

        def get_bucket_encryption(self, Bucket: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetBucketEncryption")

    real = Target.client
    monkeypatch.setattr(
        Target, "client", lambda it, service: Refusing() if service == "s3" else real(it, service)
    )
    assert faults(using(target, log_bucket="closed-logs")) == [
        "estate.use.log_bucket: account 000000000000 in eu-west-1 "
        "returns AccessDenied for GetBucketEncryption"
    ]


def test_a_log_bucket_that_is_not_there_is_told(target: Target) -> None:
    [problem] = faults(using(target, log_bucket="no-such-logs"))
    assert problem.startswith("estate.use.log_bucket: account 000000000000 in eu-west-1 returns NoSuchBucket")


# Detector


def test_an_existing_detector_has_to_be_there_and_enabled_and_the_named_one(target: Target) -> None:
    guard_duty = target.client("guardduty")
    used = using(target, guard_duty=Detector.EXISTING)
    assert faults(used) == [
        'security.guard_duty = "existing": account 000000000000 in eu-west-1 has no detector'
    ]
    id = guard_duty.create_detector(Enable=True)["DetectorId"]
    use.check(used)
    use.check(using(target, guard_duty=Detector.EXISTING, detector=id))
    other = using(target, guard_duty=Detector.EXISTING, detector="0" * 32)
    assert faults(other) == [
        f'estate.use.detector = "{"0" * 32}": account 000000000000 in eu-west-1 has {id}'
    ]
    guard_duty.update_detector(DetectorId=id, Enable=False)
    assert faults(used) == [f'security.guard_duty = "existing": detector {id} is suspended']
    guard_duty.delete_detector(DetectorId=id)
