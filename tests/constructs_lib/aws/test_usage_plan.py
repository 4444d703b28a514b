"""Usage plans of the environments."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.constructs_lib.conftest import environment


@pytest.mark.parametrize(("name", "quota"), [("dev", 50_000), ("staging", 200_000), ("prod", 5_000_000)])
def test_every_call_with_a_credential_is_counted_under_the_environments_quota(name: str, quota: int) -> None:
    made = environment(name)
    plan = made.one("aws_api_gateway_usage_plan")
    assert plan["quota_settings"] == {"limit": quota, "period": "DAY"}
    assert plan["api_stages"] == [
        {
            "api_id": "${aws_api_gateway_rest_api.Api.id}",
            "stage": "${aws_api_gateway_stage.Api_Stage.stage_name}",
        }
    ]
    assert made.one("aws_api_gateway_rest_api")["api_key_source"] == "AUTHORIZER"
    counted = made.one("aws_api_gateway_api_key")["value"]
    assert (
        made.named("aws_lambda_function", "Authorizer")["environment"]["variables"]["USAGE_PLAN_KEY"]
        == counted
    )
    for method in made.all("aws_api_gateway_method").values():
        assert method.get("api_key_required", False) is (method["authorization"] == "CUSTOM")


@pytest.mark.parametrize("name", ["dev", "staging", "prod", "pr7255"])
def test_a_meter_is_letters_of_the_length_that_api_gateway_takes(name: str) -> None:
    made = environment(name)
    value = made.one("aws_api_gateway_api_key")["value"]
    assert value == f'${{replace(sha512("payments-{name}"), "/[0-9]/", "")}}'
    key = re.sub("[0-9]", "", hashlib.sha512(f"payments-{name}".encode()).hexdigest())
    assert key.isalpha()
    assert 20 <= len(key) <= 128
