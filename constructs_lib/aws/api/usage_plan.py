"""Usage plans of REST APIs."""

from cdktf import Fn
from cdktf_cdktf_provider_aws.api_gateway_api_key import ApiGatewayApiKey
from cdktf_cdktf_provider_aws.api_gateway_usage_plan import ApiGatewayUsagePlan, ApiGatewayUsagePlanApiStages
from cdktf_cdktf_provider_aws.api_gateway_usage_plan_key import ApiGatewayUsagePlanKey
from constructs import Construct

from constructs_lib.aws.api.rest_api import RestApi

DIGITS = "/[0-9]/"


def usage_plan_key(name: str) -> str:
    """Returns the API key that the authorizer returns for every call, so that the usage plan counts it.

    The key is no secret and gives no access, because the API accepts it from its authorizer only. It has no
    digits, which could look like a card number.
    """
    return str(Fn.replace(Fn.sha512(name), DIGITS, ""))


class UsagePlan(Construct):
    """Creates a daily quota for all callers together, which limits the costs of a leaked key.

    API Gateway enforces quotas on a best-effort basis (API Gateway developer guide, "Usage plans and API keys
    for REST APIs").
    """

    def __init__(self, scope: Construct, id: str, *, name: str, api: RestApi, requests_per_day: int) -> None:
        super().__init__(scope, id)
        key = ApiGatewayApiKey(
            self, "Meter", name=name, description="Counts calls; opens nothing", value=usage_plan_key(name)
        )
        self.resource = ApiGatewayUsagePlan(
            self,
            "Resource",
            name=name,
            api_stages=[ApiGatewayUsagePlanApiStages(api_id=api.id, stage=api.stage.stage_name)],
            quota_settings={"limit": requests_per_day, "period": "DAY"},
        )
        ApiGatewayUsagePlanKey(
            self, "Counted", key_id=key.id, key_type="API_KEY", usage_plan_id=self.resource.id
        )
