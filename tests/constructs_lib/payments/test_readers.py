"""Nothing exists only to be counted: each resource is used by another, or does something by itself."""

from __future__ import annotations

import json
import re

import pytest

from tests.constructs_lib.conftest import environment

# What such a resource does, though no other resource refers to it.
WORKS_ALONE = {
    "aws_api_gateway_method_settings": "throttles the stage",
    "aws_api_gateway_usage_plan_key": "puts the meter under the plan",
    "aws_autoscaling_policy": "scales the fleet",
    "aws_budgets_budget": "tells the cost topic",
    "aws_ce_anomaly_subscription": "tells the cost topic",
    "aws_cloudwatch_event_archive": "keeps events for replay",
    "aws_cloudwatch_event_target": "sends what a rule matched",
    "aws_cloudwatch_log_metric_filter": "counts what an alarm reads by the metric's name",
    "aws_default_security_group": "takes the rules from the group that nobody should use",
    "aws_flow_log": "writes the log group",
    "aws_guardduty_detector": "finds what a rule sends on",
    "aws_kms_alias": "names the key for people",
    "aws_lambda_event_source_mapping": "calls the consumer",
    "aws_lambda_permission": "lets the caller in",
    "aws_s3_bucket_lifecycle_configuration": "moves and expires objects",
    "aws_s3_bucket_logging": "says who accessed the bucket",
    "aws_s3_bucket_ownership_controls": "turns access lists off",
    "aws_s3_bucket_policy": "refuses plain HTTP and foreign keys",
    "aws_s3_bucket_server_side_encryption_configuration": "encrypts objects",
    "aws_scheduler_schedule": "runs a job",
    "aws_secretsmanager_secret_rotation": "gives the secret new values",
    "aws_secretsmanager_secret_version": "gives the secret its first value",
    "aws_ssm_parameter": "is read by others: docs/outputs.md",
    "aws_vpc_security_group_egress_rule": "lets out",
    "aws_wafv2_web_acl_association": "puts the rules before the API",
    "aws_wafv2_web_acl_logging_configuration": "logs what was refused",
    "terraform_data": "stops a plan in the wrong workspace",
}


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_every_resource_has_a_reader_or_works_alone(name: str) -> None:
    made = environment(name).json
    bodies = {f"{kind}.{id}": body for kind, all in made["resource"].items() for id, body in all.items()}
    texts = {address: json.dumps(body) for address, body in bodies.items()}
    others = json.dumps([made["output"], made.get("data", {})])
    unread = [
        address
        for address in bodies
        if not any(
            re.search(rf"{re.escape(address)}\b", text)
            for text in [others, *(text for other, text in texts.items() if other != address)]
        )
    ]
    assert [address for address in unread if address.partition(".")[0] not in WORKS_ALONE] == []
