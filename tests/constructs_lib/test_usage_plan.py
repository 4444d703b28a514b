"""How much an API may be used."""

from __future__ import annotations

import pytest
from cdktf import Testing

from constructs_lib.environment import load
from constructs_lib.payment_stack import PaymentStack
from constructs_lib.usage_plan import meter
from tests.constructs_lib.conftest import Synthesized


@pytest.mark.parametrize(("name", "quota"), [("dev", 50_000), ("staging", 200_000), ("prod", 5_000_000)])
def test_every_call_with_a_credential_is_counted_under_the_environments_quota(name: str, quota: int) -> None:
    made = Synthesized(PaymentStack(Testing.app(), load(name), variables={}))
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
    assert made.named("aws_lambda_function", "Authorizer")["environment"]["variables"]["METER"] == counted
    for method in made.all("aws_api_gateway_method").values():
        assert method.get("api_key_required", False) is (method["authorization"] == "CUSTOM")


def test_a_meter_is_letters_of_the_length_that_api_gateway_takes_and_its_environments_own() -> None:
    assert meter("payments-dev").isalpha()
    assert 20 <= len(meter("payments-dev")) <= 128
    assert meter("payments-dev") != meter("payments-prod")
