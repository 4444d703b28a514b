"""The web ACL in front of the API."""

from __future__ import annotations

import json
from typing import Any

from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclCustomResponseBody,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleActionBlockCustomResponse,
    Wafv2WebAclRuleActionBlockCustomResponseResponseHeader,
    Wafv2WebAclRuleOverrideAction,
    Wafv2WebAclRuleOverrideActionNone,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import Wafv2WebAclAssociation
from constructs import Construct

from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.api.web_acl_logs import WebAclLogs
from constructs_lib.aws.monitoring.log_group import LogGroup

WINDOW_SECONDS = 300
# In the order in which they are asked, cheapest first. With the rate rule they take 1,127 of the 1,500 units
# that cost nothing extra.
MANAGED_GROUPS = {
    "IpReputation": "AWSManagedRulesAmazonIpReputationList",
    "CommonRules": "AWSManagedRulesCommonRuleSet",  # cross-site scripting, sizes of body, path and headers
    "KnownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "SqlInjection": "AWSManagedRulesSQLiRuleSet",
}
TOO_MANY = "too-many-requests"
# Neither an id of the request nor a content type of problem documents: the firewall has none to give.
TOO_MANY_BODY = {
    "type": "urn:problem-type:payments:rate_limited",
    "title": "Too many requests",
    "status": 429,
    "code": "rate_limited",
    "detail": "Too many requests came from this address. Wait before the next one.",
}


class WebAcl(Construct):
    """Limits the requests of each address, and refuses what AWS's managed rules know to be an attack.

    An address over its limit gets a 429. What the managed rules refuse is answered by the API's own problem
    document for WAF_FILTERED, because rules of a managed group take no answer of ours (AWS WAF developer
    guide, "Customized web requests and responses").
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        api: RestApi,
        requests_per_5_minutes: int,
        logs: LogGroup,
    ) -> None:
        """`requests_per_5_minutes` of one address; the name of `logs` has to begin with `aws-waf-logs-`."""
        super().__init__(scope, id)
        self.metric = name
        self.resource = Wafv2WebAcl(
            self,
            "Resource",
            name=name,
            description=f"Guards the API {name}",
            scope="REGIONAL",
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            custom_response_body=[
                Wafv2WebAclCustomResponseBody(
                    key=TOO_MANY, content_type="APPLICATION_JSON", content=json.dumps(TOO_MANY_BODY)
                )
            ],
            rule=[_rate_rule(requests_per_5_minutes), *_managed_rules()],
            visibility_config=Wafv2WebAclVisibilityConfig(**_visible(self.metric)),
        )
        Wafv2WebAclAssociation(self, "Association", web_acl_arn=self.resource.arn, resource_arn=api.stage.arn)
        WebAclLogs(self, "Logs", acl=self.resource, log_group=logs)


def _rate_rule(limit: int) -> Wafv2WebAclRule:
    refusal = Wafv2WebAclRuleActionBlockCustomResponse(
        response_code=429,
        custom_response_body_key=TOO_MANY,
        response_header=[
            Wafv2WebAclRuleActionBlockCustomResponseResponseHeader(
                name="Retry-After", value=str(WINDOW_SECONDS)
            )
        ],
    )
    return Wafv2WebAclRule(
        name="RatePerAddress",
        priority=0,
        statement={
            "rate_based_statement": {
                "limit": limit,
                "evaluation_window_sec": WINDOW_SECONDS,
                "aggregate_key_type": "IP",
            }
        },
        action=Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock(custom_response=refusal)),
        visibility_config=Wafv2WebAclRuleVisibilityConfig(**_visible("RatePerAddress")),
    )


def _managed_rules() -> list[Wafv2WebAclRule]:
    return [
        Wafv2WebAclRule(
            name=name,
            priority=priority,
            statement={"managed_rule_group_statement": {"vendor_name": "AWS", "name": group}},
            override_action=Wafv2WebAclRuleOverrideAction(none=Wafv2WebAclRuleOverrideActionNone()),
            visibility_config=Wafv2WebAclRuleVisibilityConfig(**_visible(name)),
        )
        for priority, (name, group) in enumerate(MANAGED_GROUPS.items(), start=1)
    ]


def _visible(metric: str) -> dict[str, Any]:
    # Samples show whole requests, credentials too: the redaction of logs does not reach them.
    return {
        "metric_name": metric,
        "cloudwatch_metrics_enabled": True,
        "sampled_requests_enabled": False,
    }
