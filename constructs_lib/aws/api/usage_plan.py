"""How much an API may be used."""

from __future__ import annotations

from cdktf import Fn
from cdktf_cdktf_provider_aws.api_gateway_api_key import ApiGatewayApiKey
from cdktf_cdktf_provider_aws.api_gateway_usage_plan import (
    ApiGatewayUsagePlan,
    ApiGatewayUsagePlanApiStages,
    ApiGatewayUsagePlanQuotaSettings,
)
from cdktf_cdktf_provider_aws.api_gateway_usage_plan_key import ApiGatewayUsagePlanKey
from constructs import Construct

from constructs_lib.aws.api.rest_api import RestApi

DIGITS = "/[0-9]/"


def meter(name: str) -> str:
    """What the authorizer counts every call under.

    It opens nothing and is no secret: the API takes it from its authorizer alone, never from a caller.
    Letters only: API Gateway takes no other sign, and digits could look like a card number.
    """
    return str(Fn.replace(Fn.sha512(name), DIGITS, ""))


class UsagePlan(Construct):
    """A ceiling for all callers together, so that a leaked key costs a day's quota and not a month's budget.

    API Gateway counts as well as it can and may let some more through (API Gateway developer guide, "Usage
    plans and API keys for REST APIs").
    """

    def __init__(self, scope: Construct, id: str, *, name: str, api: RestApi, requests_per_day: int) -> None:
        super().__init__(scope, id)
        key = ApiGatewayApiKey(
            self, "Meter", name=name, description="Counts calls; opens nothing", value=meter(name)
        )
        self.resource = ApiGatewayUsagePlan(
            self,
            "Resource",
            name=name,
            api_stages=[ApiGatewayUsagePlanApiStages(api_id=api.resource.id, stage=api.stage.stage_name)],
            quota_settings=ApiGatewayUsagePlanQuotaSettings(limit=requests_per_day, period="DAY"),
        )
        ApiGatewayUsagePlanKey(
            self, "Counted", key_id=key.id, key_type="API_KEY", usage_plan_id=self.resource.id
        )
