"""Existing resources are read, never created or changed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib.aws.network.existing_network import ExistingNetwork
from constructs_lib.aws.security.existing_key import ExistingKey
from constructs_lib.payments.alerts import Alerts
from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.estate import EstateSettings
from constructs_lib.settings.existing_resources import PUBLISHERS, UsedTopics, UseSettings, key_services
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import AlertsSettings, Detector, Environment, SecuritySettings
from tests.apps import app
from tests.constructs_lib.conftest import Builder, Synthesized, policy

VPC = "vpc-0123456789abcdef0"
SUBNETS = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:oncall"
DETECTOR = "0123456789abcdef" * 2
USE = UseSettings(
    vpc=VPC, private_subnets=SUBNETS, key=KEY, log_bucket="access-logs", topics=UsedTopics(ops=TOPIC)
)
EXISTING = SecuritySettings(guard_duty=Detector.EXISTING)


def _stack(use: UseSettings, security: SecuritySettings = EXISTING) -> PaymentStack:
    environment = Environment(name="dev", security=security, estate=EstateSettings(use=use))
    return PaymentStack(app(), environment, variables={})


@pytest.fixture(scope="module")
def stack() -> PaymentStack:
    return _stack(replace(USE, detector=DETECTOR))


@pytest.fixture(scope="module")
def made(stack: PaymentStack) -> Synthesized:
    return Synthesized(stack)


def _conditions(data: dict[str, Any]) -> list[str]:
    return [it["condition"] for it in data["lifecycle"]["postcondition"]]


def test_a_used_network_gets_nothing_of_ours_but_security_groups(made: Synthesized) -> None:
    parts = {"eip", "flow_log", "internet_gateway", "nat_gateway", "route", "subnet", "vpc", "vpc_endpoint"}
    assert not {f"aws_{part}" for part in parts} & made.types
    assert not {kind for kind in made.types if "default" in kind or "route" in kind}
    assert "FlowLogGroup" not in made.all("aws_cloudwatch_log_group")
    groups = made.all("aws_security_group")
    assert {group["vpc_id"] for group in groups.values()} == {"${data.aws_vpc.Network_Vpc.id}"}
    rules = made.all("aws_vpc_security_group_egress_rule").values()
    assert {(rule["cidr_ipv4"], rule["from_port"]) for rule in rules} == {("0.0.0.0/0", 443)}


def test_functions_and_machines_go_into_the_used_subnets(made: Synthesized) -> None:
    wanted = [f"${{data.aws_subnet.Network_PrivateSubnet{n}.id}}" for n in (1, 2)]
    for function in made.all("aws_lambda_function").values():
        assert function["vpc_config"]["subnet_ids"] == wanted
    assert made.one("aws_autoscaling_group")["vpc_zone_identifier"] == wanted


def test_a_plan_fails_on_subnets_that_are_public_foreign_or_in_one_zone(made: Synthesized) -> None:
    for subnet, id in zip(made.all("aws_subnet", block="data").values(), SUBNETS, strict=True):
        assert subnet["id"] == id
        assert _conditions(subnet) == [f'${{self.vpc_id == "{VPC}"}}', "${!self.map_public_ip_on_launch}"]
    vpc = made.all("aws_vpc", block="data")["Network_Vpc"]
    zones = ", ".join(f"data.aws_subnet.Network_PrivateSubnet{n}.availability_zone" for n in (1, 2))
    assert _conditions(vpc) == [f"${{length(distinct([{zones}])) > 1}}"]


def test_a_used_network_has_nothing_of_ours_to_wait_for_or_to_watch(
    build: Builder, made: Synthesized
) -> None:
    network = ExistingNetwork(build.stack, "Network", vpc=VPC, private_subnets=SUBNETS)
    assert network.outbound_dependencies == []
    assert list(network.nats) == []
    text = json.dumps(made.json)
    assert "NAT gateway" not in text
    assert "Refused connections in the network" not in text


def test_a_used_key_is_neither_made_nor_given_another_policy(made: Synthesized) -> None:
    assert not {"aws_kms_key", "aws_kms_alias", "aws_kms_key_policy"} & made.types
    key = made.all("aws_kms_key", block="data")["Key"]
    assert key["key_id"] == KEY
    assert _conditions(key) == [
        "${self.enabled}",
        '${self.key_usage == "ENCRYPT_DECRYPT"}',
        '${self.key_spec == "SYMMETRIC_DEFAULT"}',
    ]
    assert made.one("aws_dynamodb_table")["server_side_encryption"]["kms_key_arn"] == (
        "${data.aws_kms_key.Key.arn}"
    )


def test_roles_use_the_key_by_their_own_policies_each_once(made: Synthesized) -> None:
    users = {}
    for name, body in made.all("aws_iam_role_policy").items():
        use = [
            it
            for it in policy(body["policy"])
            if it["Action"] == ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        ]
        assert len(use) <= 1
        users[name.removesuffix("_Role_Policy")] = [(it["Action"], it["Resource"]) for it in use]
    granted = [(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], ["<data.aws_kms_key.Key.arn>"])]
    assert {name for name, use in users.items() if use} >= {"PaymentProcessor", "Authorizer", "Sweeper"}
    assert all(use == granted for use in users.values() if use)


VOLUME_OPERATIONS = [
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
]


def test_the_role_that_starts_machines_has_a_grant_before_there_are_any(made: Synthesized) -> None:
    grant = made.one("aws_kms_grant")
    assert grant["grantee_principal"] == "${aws_iam_service_linked_role.Fleet_Launcher.arn}"
    assert grant["operations"] == VOLUME_OPERATIONS
    assert "aws_kms_grant.Key_Volumes" in made.one("aws_autoscaling_group")["depends_on"]


def test_a_grant_allows_what_the_key_policy_of_our_own_key_would(made: Synthesized) -> None:
    assert {f"kms:{operation}" for operation in VOLUME_OPERATIONS} == {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:CreateGrant",
    }


@pytest.mark.parametrize("use", [USE, UseSettings(key=KEY)])
def test_the_services_that_are_checked_early_are_those_that_use_the_key(use: UseSettings) -> None:
    stack = _stack(use)
    key = stack.node.find_child("Key")
    assert isinstance(key, ExistingKey)
    used = stack.environment.estate.use
    assert key.services == set(key_services(stack.environment.aws.region, used.topics))


def test_a_used_topic_is_told_and_left_alone(made: Synthesized) -> None:
    assert set(made.all("aws_sns_topic")) == {"Alerts_Cost", "Alerts_Security"}
    ops = made.all("aws_sns_topic", block="data")["Alerts_Ops_Topic"]
    assert ops["name"] == "oncall"
    assert _conditions(ops) == [f'${{self.arn == "{TOPIC}"}}']
    notified = {
        alarm["alarm_actions"][0]
        for alarm in made.all("aws_cloudwatch_metric_alarm").values()
        if "alarm_actions" in alarm
    }
    assert notified == {"${data.aws_sns_topic.Alerts_Ops_Topic.arn}"}


def test_topics_of_ours_admit_the_services_that_used_ones_are_checked_for(build: Builder) -> None:
    Alerts(
        build.stack,
        "Alerts",
        naming=Naming("dev"),
        account=build.account,
        key=build.key(),
        endpoints=AlertsSettings(),
    )
    for name, topic in build.synth().all("aws_sns_topic").items():
        services = [
            it["Principal"]["Service"] for it in policy(topic["policy"]) if isinstance(it["Principal"], dict)
        ]
        assert tuple(sorted(services)) == PUBLISHERS[name.removeprefix("Alerts_").lower()]


def test_both_buckets_log_who_accessed_them_into_the_used_one(made: Synthesized) -> None:
    logging = made.all("aws_s3_bucket_logging")
    assert {(it["bucket"], it["target_prefix"]) for it in logging.values()} == {
        ("${aws_s3_bucket.Audit.id}", "payments-dev-audit/"),
        ("${aws_s3_bucket.Artifacts.id}", "payments-dev-artifacts/"),
    }
    bucket = made.all("aws_s3_bucket", block="data")["AccessLogs_Bucket"]
    assert bucket["bucket"] == "access-logs"
    assert _conditions(bucket) == ['${self.region == "eu-west-1"}']


def test_a_bucket_that_is_logged_is_no_exception_to_the_rule_that_it_has_to_be(stack: PaymentStack) -> None:
    for bucket in stack.to_terraform()["resource"]["aws_s3_bucket"].values():
        assert {"CKV_AWS_18", "CKV_AWS_144"} & set(bucket["//"]["accepted"]) == {"CKV_AWS_144"}


def test_the_named_detector_is_asked_for(made: Synthesized) -> None:
    assert made.all("aws_guardduty_detector", block="data")["GuardDuty_Existing"]["id"] == DETECTOR
    assert "aws_guardduty_detector" not in made.types


def test_without_anything_used_nothing_is_read_of_others() -> None:
    data = Synthesized(_stack(UseSettings(), SecuritySettings())).json["data"]
    assert sorted(data) == ["aws_caller_identity", "aws_partition", "terraform_remote_state"]
