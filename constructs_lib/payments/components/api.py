"""The REST API with its usage plan and its web ACL."""

from constructs_lib.aws.api.api_contract import read_contract
from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.api.usage_plan import UsagePlan
from constructs_lib.aws.api.web_acl import WebAcl
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.functions import Functions
from constructs_lib.payments.components.runtime import HANDLERS
from constructs_lib.payments.gateway_responses import GATEWAY_RESPONSES, RATE_LIMITED, TYPE_PREFIX

# Context of the authorizer (handlers/authorizer).
ACCESS_LOG_FIELDS = {"merchant": "$context.authorizer.merchant", "keyId": "$context.authorizer.key_id"}


class Api:
    """Creates the API with its log groups `Api` and `WebAcl`. Its backend is the payment processor."""

    def __init__(self, foundation: Foundation, functions: Functions) -> None:
        settings, prefix = foundation.environment.api, foundation.naming.prefix
        self.rest = RestApi(
            foundation.stack,
            "Api",
            name=prefix,
            contract=read_contract(HANDLERS / "openapi.json"),
            backend=functions["payment-processor"],
            authorizer=functions["authorizer"],
            stage=foundation.environment.name,
            access_logs=foundation.log_group("Api", f"/aws/apigateway/{prefix}-access"),
            throttle_rate=settings.throttle_rate,
            throttle_burst=settings.throttle_burst,
            responses=GATEWAY_RESPONSES,
            problem_type_prefix=TYPE_PREFIX,
            authorizer_name="merchant-key",
            access_log_fields=ACCESS_LOG_FIELDS,
        )
        # API Gateway creates this group if it is missing: without encryption by the key, and without expiry.
        foundation.log_group(
            "ApiExecution", f"API-Gateway-Execution-Logs_{self.rest.id}/{foundation.environment.name}"
        )
        UsagePlan(
            foundation.stack, "UsagePlan", name=prefix, api=self.rest, requests_per_day=settings.quota_per_day
        )
        self.web_acl = WebAcl(
            foundation.stack,
            "WebAcl",
            name=foundation.naming.name("api"),
            api=self.rest,
            requests_per_5_minutes=foundation.environment.waf.requests_per_5_minutes,
            rate_limit_body=RATE_LIMITED,
            logs=foundation.log_group("WebAcl", f"aws-waf-logs-{prefix}"),
        )
