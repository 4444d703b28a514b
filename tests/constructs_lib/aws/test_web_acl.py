import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.aws.api.api_contract import Contract
from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.api.web_acl import WebAcl
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.payments.gateway_responses import RATE_LIMITED
from constructs_lib.settings.environments import load
from tests.constructs_lib.conftest import Builder, Synthesized

VISIBILITY = {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": False}


def _api(build: Builder, logs: LogGroup, sources: dict[str, Path]) -> RestApi:
    network = build.network()
    group = SecurityGroup(build.stack, "Sg", name="s", description="d", network=network)
    backend, authorizer = (
        Function(
            build.stack,
            id,
            name=id.lower(),
            sources=sources,
            handler="app.handler",
            memory_mb=512,
            timeout=timedelta(seconds=5),
            environment={},
            log_group=logs,
            network=network,
            security_group=group,
        )
        for id in ("Backend", "Authorizer")
    )
    return RestApi(
        build.stack,
        "Api",
        name="payments-dev",
        contract=Contract(title="T", version="1", routes=()),
        backend=backend,
        authorizer=authorizer,
        stage="dev",
        access_logs=logs,
        throttle_rate=50,
        throttle_burst=100,
    )


def _web_acl(tmp_path: Path, limit: int) -> Synthesized:
    build = Builder()
    (tmp_path / "app.py").touch()
    logs = LogGroup(build.stack, "Log", name="aws-waf-logs-x", key=build.key(), retention=timedelta(days=30))
    WebAcl(
        build.stack,
        "WebAcl",
        name="payments-dev",
        api=_api(build, logs, {"app.py": tmp_path / "app.py"}),
        requests_per_5_minutes=limit,
        rate_limit_body=RATE_LIMITED,
        logs=logs,
    )
    return build.synth()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return _web_acl(tmp_path_factory.mktemp("web-acl"), load("dev").waf.requests_per_5_minutes)


def _rules(made: Synthesized) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = made.one("aws_wafv2_web_acl")["rule"]
    return sorted(rules, key=lambda rule: rule["priority"])


def test_an_address_over_its_limit_gets_a_problem_document_and_the_time_to_wait(made: Synthesized) -> None:
    rate = _rules(made)[0]
    assert rate == {
        "name": "RatePerAddress",
        "priority": 0,
        "statement": {
            "rate_based_statement": {"limit": 500, "evaluation_window_sec": 300, "aggregate_key_type": "IP"}
        },
        "action": {
            "block": {
                "custom_response": {
                    "response_code": 429,
                    "custom_response_body_key": "too-many-requests",
                    "response_header": [{"name": "Retry-After", "value": "300"}],
                }
            }
        },
        "visibility_config": {"metric_name": "RatePerAddress", **VISIBILITY},
    }
    [body] = made.one("aws_wafv2_web_acl")["custom_response_body"]
    assert (body["key"], body["content_type"]) == ("too-many-requests", "APPLICATION_JSON")
    problem = json.loads(body["content"])
    assert (problem["status"], problem["code"]) == (429, "rate_limited")


@pytest.mark.parametrize(("name", "limit"), [("staging", 1000), ("prod", 5000)])
def test_the_limit_is_that_of_the_environment(tmp_path: Path, name: str, limit: int) -> None:
    rate = _rules(_web_acl(tmp_path, load(name).waf.requests_per_5_minutes))[0]
    assert rate["statement"]["rate_based_statement"]["limit"] == limit


def test_managed_rules_refuse_known_addresses_scripts_bad_inputs_and_sql(made: Synthesized) -> None:
    assert _rules(made)[1:] == [
        {
            "name": name,
            "priority": priority,
            "statement": {"managed_rule_group_statement": {"vendor_name": "AWS", "name": group}},
            "override_action": {"none": {}},
            "visibility_config": {"metric_name": name, **VISIBILITY},
        }
        for priority, name, group in (
            (1, "IpReputation", "AWSManagedRulesAmazonIpReputationList"),
            (2, "CommonRules", "AWSManagedRulesCommonRuleSet"),
            (3, "KnownBadInputs", "AWSManagedRulesKnownBadInputsRuleSet"),
            (4, "SqlInjection", "AWSManagedRulesSQLiRuleSet"),
        )
    ]


def test_everything_else_reaches_the_stage_it_guards(made: Synthesized) -> None:
    acl = made.one("aws_wafv2_web_acl")
    assert (acl["name"], acl["scope"], acl["default_action"]) == ("payments-dev", "REGIONAL", {"allow": {}})
    assert acl["visibility_config"] == {"metric_name": "payments-dev", **VISIBILITY}
    assert made.one("aws_wafv2_web_acl_association") == {
        "web_acl_arn": "${aws_wafv2_web_acl.WebAcl.arn}",
        "resource_arn": "${aws_api_gateway_stage.Api_Stage.arn}",
    }


def test_only_refused_requests_are_logged_and_never_what_callers_chose(made: Synthesized) -> None:
    assert made.one("aws_wafv2_web_acl_logging_configuration") == {
        "resource_arn": "${aws_wafv2_web_acl.WebAcl.arn}",
        "log_destination_configs": ["${aws_cloudwatch_log_group.Log.arn}"],
        "redacted_fields": [
            {"single_header": {"name": "authorization"}},
            {"single_header": {"name": "idempotency-key"}},
            {"query_string": {}},
        ],
        "logging_filter": {
            "default_behavior": "DROP",
            "filter": [
                {
                    "behavior": "KEEP",
                    "requirement": "MEETS_ANY",
                    "condition": [{"action_condition": {"action": "BLOCK"}}],
                }
            ],
        },
    }
