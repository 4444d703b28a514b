"""The eighteen services of the system: what must be there, and the values of every environment."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from constructs_lib.settings.environments import load
from tests.constructs_lib.conftest import Synthesized, environment

pytestmark = pytest.mark.parametrize("name", ["dev", "staging", "prod"])
VALUES: dict[str, dict[str, Any]] = {
    "dev": {
        "memory": 512,
        "timeouts": {"PaymentProcessor": 30, "EventHandler": 60},
        "fleet": (1, 2, 1),
        "waf": 500,
        "protected": False,
        "cpu": 90,
    },
    "staging": {
        "memory": 512,
        "timeouts": {"PaymentProcessor": 30, "EventHandler": 60},
        "fleet": (1, 3, 2),
        "waf": 1000,
        "protected": False,
        "cpu": 80,
    },
    "prod": {
        "memory": 1024,
        "timeouts": {"PaymentProcessor": 60, "EventHandler": 120},
        "fleet": (2, 10, 3),
        "waf": 5000,
        "protected": True,
        "cpu": 70,
    },
}
KEY = "${aws_kms_key.Key.arn}"


@pytest.fixture
def made(name: str) -> Synthesized:
    return environment(name)


def test_1_lambda(made: Synthesized, name: str) -> None:
    functions = made.all("aws_lambda_function")
    assert functions.keys() >= {"Authorizer", "EventHandler", "PaymentProcessor"}
    for id, function in functions.items():
        assert (function["runtime"], function["architectures"]) == ("python3.13", ["arm64"])
        assert function["memory_size"] == VALUES[name]["memory"]
        assert function["role"] == f"${{aws_iam_role.{id}_Role.arn}}"
        assert function["logging_config"]["log_group"] == f"${{aws_cloudwatch_log_group.{id}LogGroup.name}}"
        assert made.named("aws_lambda_alias", f"{id}_Alias")["function_name"]
    timeouts = VALUES[name]["timeouts"]
    assert {id: functions[id]["timeout"] for id in timeouts} == timeouts


def test_2_dynamodb(made: Synthesized, name: str) -> None:
    table = made.one("aws_dynamodb_table")
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    assert table["server_side_encryption"] == {"enabled": True, "kms_key_arn": KEY}
    assert table["point_in_time_recovery"] == {"enabled": True}
    assert table["ttl"] == {"attribute_name": "expires_at", "enabled": True}
    assert table["stream_enabled"] is True
    assert table["deletion_protection_enabled"] is VALUES[name]["protected"]


def test_3_api_gateway(made: Synthesized, name: str) -> None:
    stage = made.one("aws_api_gateway_stage")
    assert stage["stage_name"] == name
    assert "$context.requestId" in stage["access_log_settings"]["format"]
    throttled = made.one("aws_api_gateway_method_settings")["settings"]
    assert throttled["throttling_rate_limit"] == load(name).api.throttle_rate
    validator = made.one("aws_api_gateway_request_validator")
    assert validator["validate_request_body"] is validator["validate_request_parameters"] is True
    methods = made.all("aws_api_gateway_method").items()
    assert [id for id, it in methods if it["authorization"] == "NONE"] == ["Api_Method-getHealth"]


def test_4_s3(made: Synthesized, name: str) -> None:
    versioning = made.named("aws_s3_bucket_versioning", "Audit_Versioning")["versioning_configuration"]
    assert versioning["status"] == "Enabled"
    encryption = made.named("aws_s3_bucket_server_side_encryption_configuration", "Audit_Encryption")
    [rule] = encryption["rule"]
    assert rule["apply_server_side_encryption_by_default"]["kms_master_key_id"] == KEY
    closed = made.named("aws_s3_bucket_public_access_block", "Audit_PublicAccess")
    assert [closed[flag] for flag in closed if flag != "bucket"] == [True] * 4
    assert "aws:SecureTransport" in made.named("aws_s3_bucket_policy", "Audit_Policy")["policy"]
    rules = made.named("aws_s3_bucket_lifecycle_configuration", "Audit_Lifecycle")["rule"]
    assert rules[0]["transition"] == [{"days": 30, "storage_class": "GLACIER"}]
    assert rules[1]["noncurrent_version_expiration"]
    assert rules[2]["abort_incomplete_multipart_upload"]


def test_5_cloudwatch(made: Synthesized, name: str) -> None:
    days = {
        group["retention_in_days"]
        for id, group in made.all("aws_cloudwatch_log_group").items()
        if "Flow" not in id
    }
    assert days == {load(name).logs.retention_days}
    dashboards = made.all("aws_cloudwatch_dashboard").keys()
    assert dashboards == {"Dashboards_Cost", "Dashboards_Operations", "Dashboards_Security"}
    cpu = made.named("aws_cloudwatch_metric_alarm", "Alarms_FleetCpu")
    assert cpu["threshold"] == VALUES[name]["cpu"]


def test_6_vpc(made: Synthesized, name: str) -> None:
    subnets = made.all("aws_subnet")
    assert {id: subnet["availability_zone"] for id, subnet in subnets.items()} == {
        "Network_PrivateSubnetA": "eu-west-1a",
        "Network_PrivateSubnetB": "eu-west-1b",
        "Network_PublicSubnetA": "eu-west-1a",
        "Network_PublicSubnetB": "eu-west-1b",
    }
    assert made.all("aws_nat_gateway").keys() == {"Network_NatA"}
    endpoints = made.all("aws_vpc_endpoint").values()
    assert {e["service_name"].rpartition(".")[2] for e in endpoints} == {"dynamodb", "s3"}
    assert {e["vpc_endpoint_type"] for e in endpoints} == {"Gateway"}
    assert made.one("aws_flow_log")["traffic_type"] == "ALL"
    assert made.one("aws_default_security_group").keys() == {"vpc_id", "tags"}  # no rule


def test_7_auto_scaling(made: Synthesized, name: str) -> None:
    group = made.one("aws_autoscaling_group")
    assert (group["min_size"], group["max_size"], group["desired_capacity"]) == VALUES[name]["fleet"]
    policies = made.all("aws_autoscaling_policy").values()
    assert {p["policy_type"] for p in policies} == {"TargetTrackingScaling"}
    assert {id.rpartition("_")[2] for id in made.all("aws_autoscaling_policy")} == {"Cpu", "Memory"}
    template = made.one("aws_launch_template")
    assert template["metadata_options"]["http_tokens"] == "required"
    [disk] = template["block_device_mappings"]
    assert (disk["ebs"]["encrypted"], disk["ebs"]["kms_key_id"]) == ("true", KEY)
    assert "key_name" not in template


def test_8_waf(made: Synthesized, name: str) -> None:
    acl = made.one("aws_wafv2_web_acl")
    text = json.dumps(acl["rule"])
    [rate] = [
        r["statement"]["rate_based_statement"]
        for r in acl["rule"]
        if "rate_based_statement" in r["statement"]
    ]
    assert (rate["limit"], rate["evaluation_window_sec"]) == (VALUES[name]["waf"], 300)
    for managed in ("SQLi", "CommonRuleSet", "KnownBadInputs", "IpReputation"):
        assert managed in text
    assert (
        made.one("aws_wafv2_web_acl_association")["resource_arn"] == "${aws_api_gateway_stage.Api_Stage.arn}"
    )
    assert made.one("aws_wafv2_web_acl_logging_configuration")["redacted_fields"]


def test_9_shield(made: Synthesized, name: str) -> None:
    assert not {kind for kind in made.types if kind.startswith("aws_shield")}  # Advanced is opt-in


def test_10_guard_duty(made: Synthesized, name: str) -> None:
    made_here = made.all("aws_guardduty_detector")
    assert bool(made_here) is (load(name).security.guard_duty.value == "create")
    assert len(made_here) <= 1


def test_11_sns(made: Synthesized, name: str) -> None:
    topics = made.all("aws_sns_topic")
    assert topics.keys() == {"Alerts_Cost", "Alerts_Ops", "Alerts_Security"}
    assert {topic["kms_master_key_id"] for topic in topics.values()} == {KEY}


def test_12_sqs(made: Synthesized, name: str) -> None:
    queue, dead = (made.named("aws_sqs_queue", id) for id in ("Queue", "Queue_DeadLetters"))
    assert queue["kms_master_key_id"] == dead["kms_master_key_id"] == KEY
    assert "deadLetterTargetArn" in queue["redrive_policy"]
    assert "byQueue" in dead["redrive_allow_policy"]


def test_13_secrets_manager(made: Synthesized, name: str) -> None:
    value = made.one("aws_secretsmanager_secret_version")
    assert "secret_string" not in value
    assert value["secret_string_wo"].startswith("${ephemeral.aws_secretsmanager_random_password.")
    assert made.one("aws_secretsmanager_secret_rotation")["rotation_rules"] == {
        "automatically_after_days": 90
    }


def test_14_event_bridge(made: Synthesized, name: str) -> None:
    assert made.one("aws_cloudwatch_event_archive")["retention_days"] == 30
    for target in made.all("aws_cloudwatch_event_target").values():
        assert target["dead_letter_config"]["arn"] == "${aws_sqs_queue.Undelivered.arn}"
        assert target["retry_policy"]
    rules = made.all("aws_cloudwatch_event_rule").keys()
    assert rules >= {"PaymentEvents", "FleetFailures"}
    assert ("GuardDuty_Findings" in rules) is (load(name).security.guard_duty.value != "off")


def test_15_systems_manager(made: Synthesized, name: str) -> None:
    names = [parameter["name"] for parameter in made.all("aws_ssm_parameter").values()]
    assert {"/".join(each.split("/")[:3]) for each in names} == {f"/payments/{name}"}


def test_16_iam(made: Synthesized, name: str) -> None:
    roles, policies = made.all("aws_iam_role"), made.all("aws_iam_role_policy")
    assert {f"{role}_Policy" for role in roles} == policies.keys()  # test_roles.py has every statement


def test_17_kms(made: Synthesized, name: str) -> None:
    key = made.one("aws_kms_key")
    assert key["enable_key_rotation"] is True
    assert '"Principal" = "*"' not in key["policy"]


def test_18_security_groups(made: Synthesized, name: str) -> None:
    assert "aws_vpc_security_group_ingress_rule" not in made.types
    for rule in made.all("aws_vpc_security_group_egress_rule").values():
        assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 443, 443)
    for group in made.all("aws_security_group").values():
        assert not group.keys() & {"ingress", "egress"}


def test_besides_budget_anomalies_tags_and_outputs(made: Synthesized, name: str) -> None:
    assert made.one("aws_budgets_budget")["limit_amount"] == str(load(name).budget.monthly_usd)
    assert made.one("aws_ce_anomaly_subscription")["subscriber"] == [
        {"address": "${aws_sns_topic.Alerts_Cost.arn}", "type": "SNS"}
    ]
    [provider] = made.json["provider"]["aws"]
    assert provider["default_tags"][0]["tags"].keys() == {
        "Author",
        "CreatedAt",
        "Environment",
        "PRNumber",
        "Repository",
        "Team",
    }
    paths = {it["name"].partition(f"/payments/{name}/")[2] for it in made.all("aws_ssm_parameter").values()}
    outputs = {re.sub("[/-]", "_", path) for path in paths - {"fleet/agent"}}  # that one is for machines
    assert made.json["output"].keys() == outputs | {"created_at"}
