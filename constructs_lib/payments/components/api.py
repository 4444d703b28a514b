"""The REST API with its usage plan and its web ACL."""

from dataclasses import dataclass

from constructs_lib.aws.api.api_contract import read_contract
from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.api.usage_plan import UsagePlan
from constructs_lib.aws.api.web_acl import WebAcl
from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.functions import Functions
from constructs_lib.payments.components.runtime import HANDLERS
from constructs_lib.payments.gateway_responses import GATEWAY_RESPONSES, RATE_LIMITED, TYPE_PREFIX

# Context of the authorizer (handlers/authorizer).
ACCESS_LOG_FIELDS = {"merchant": "$context.authorizer.merchant", "keyId": "$context.authorizer.key_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Represents the API and the log groups of requests."""

    rest: RestApi
    web_acl: WebAcl
    access_logs: LogGroup
    web_acl_logs: LogGroup


def make_api(foundation: Foundation, functions: Functions) -> Api:
    """Creates the API. Its backend is the payment processor."""
    settings, prefix = foundation.environment.api, foundation.naming.prefix
    access_logs = foundation.log_groups.make("Api", f"/aws/apigateway/{prefix}-access")
    rest = RestApi(
        foundation.stack,
        "Api",
        name=prefix,
        contract=read_contract(HANDLERS / "openapi.json"),
        backend=functions["payment-processor"],
        authorizer=functions["authorizer"],
        stage=foundation.environment.name,
        access_logs=access_logs,
        throttle_rate=settings.throttle_rate,
        throttle_burst=settings.throttle_burst,
        responses=GATEWAY_RESPONSES,
        problem_type_prefix=TYPE_PREFIX,
        authorizer_name="merchant-key",
        access_log_fields=ACCESS_LOG_FIELDS,
    )
    # API Gateway creates this group if it is missing: without encryption by the key, and without expiry.
    foundation.log_groups.make(
        "ApiExecution", f"API-Gateway-Execution-Logs_{rest.id}/{foundation.environment.name}"
    )
    UsagePlan(foundation.stack, "UsagePlan", name=prefix, api=rest, requests_per_day=settings.quota_per_day)
    web_acl_logs = foundation.log_groups.make("WebAcl", f"aws-waf-logs-{prefix}")
    web_acl = WebAcl(
        foundation.stack,
        "WebAcl",
        name=foundation.naming.name("api"),
        api=rest,
        requests_per_5_minutes=foundation.environment.waf.requests_per_5_minutes,
        rate_limit_body=RATE_LIMITED,
        logs=web_acl_logs,
    )
    return Api(rest=rest, web_acl=web_acl, access_logs=access_logs, web_acl_logs=web_acl_logs)
