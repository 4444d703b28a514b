"""Web ACLs of REST APIs."""

import json
from collections.abc import Mapping
from typing import Any

from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclCustomResponseBody,
    Wafv2WebAclRule,
    Wafv2WebAclRuleActionBlockCustomResponseResponseHeader,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import Wafv2WebAclAssociation
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition,
    Wafv2WebAclLoggingConfigurationRedactedFields,
)
from constructs import Construct

from constructs_lib.aws.api.rest_api import RestApi
from constructs_lib.aws.log_group import LogGroup

WINDOW_SECONDS = 300
# In the order of evaluation, cheapest first. With the rate rule they use 1,127 of the 1,500 capacity units
# that are free of charge.
MANAGED_GROUPS = {
    "IpReputation": "AWSManagedRulesAmazonIpReputationList",
    "CommonRules": "AWSManagedRulesCommonRuleSet",  # cross-site scripting, sizes of body, path and headers
    "KnownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "SqlInjection": "AWSManagedRulesSQLiRuleSet",
}
TOO_MANY = "too-many-requests"
TOO_MANY_BODY = {"status": 429, "title": "Too many requests"}
# Values of callers may be credentials or card numbers.
REDACTED_HEADERS = ("authorization", "idempotency-key")


class WebAcl(Construct):
    """Creates a web ACL for a REST API, with a rate limit for each address, AWS managed rules and logs.

    An address over its limit gets status 429. Requests that a managed rule blocks get the API's response for
    WAF_FILTERED, because rules of managed groups cannot have custom responses (AWS WAF developer guide,
    "Customized web requests and responses").
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
        rate_limit_body: Mapping[str, Any] | None = None,
    ) -> None:
        """`requests_per_5_minutes` of one address; `rate_limit_body`: JSON of the response with status 429.

        The name of `logs` must begin with `aws-waf-logs-`.
        """
        super().__init__(scope, id)
        self.name = name
        self.resource = Wafv2WebAcl(
            self,
            "Resource",
            name=name,
            description=f"Guards the API {name}",
            scope="REGIONAL",
            default_action={"allow": {}},
            custom_response_body=[
                Wafv2WebAclCustomResponseBody(
                    key=TOO_MANY,
                    content_type="APPLICATION_JSON",
                    content=json.dumps(dict(rate_limit_body or TOO_MANY_BODY)),
                )
            ],
            rule=[_rate_rule(requests_per_5_minutes), *_managed_rules()],
            visibility_config=_visibility(name),
        )
        self.arn: str = self.resource.arn
        Wafv2WebAclAssociation(self, "Association", web_acl_arn=self.arn, resource_arn=api.stage.arn)
        WebAclLogs(self, "Logs", acl=self.resource, log_group=logs)


def _rate_rule(limit: int) -> Wafv2WebAclRule:
    response = {
        "response_code": 429,
        "custom_response_body_key": TOO_MANY,
        "response_header": [
            Wafv2WebAclRuleActionBlockCustomResponseResponseHeader(
                name="Retry-After", value=str(WINDOW_SECONDS)
            )
        ],
    }
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
        action={"block": {"custom_response": response}},
        visibility_config=_visibility("RatePerAddress"),
    )


def _managed_rules() -> list[Wafv2WebAclRule]:
    return [
        Wafv2WebAclRule(
            name=name,
            priority=priority,
            statement={"managed_rule_group_statement": {"vendor_name": "AWS", "name": group}},
            override_action={"none": {}},
            visibility_config=_visibility(name),
        )
        for priority, (name, group) in enumerate(MANAGED_GROUPS.items(), start=1)
    ]


def _visibility(metric: str) -> dict[str, Any]:
    # Samples contain whole requests with credentials; the redaction of logs does not apply to them.
    return {"metric_name": metric, "cloudwatch_metrics_enabled": True, "sampled_requests_enabled": False}


class WebAclLogs(Construct):
    """Logs blocked requests without credentials; the access log of the API has the others.

    AWS adds the permission to write to the log group itself. A separate resource policy would count against
    the limit of ten in a region (CloudWatch Logs user guide, "Enabling logging from AWS services").
    """

    def __init__(self, scope: Construct, id: str, *, acl: Wafv2WebAcl, log_group: LogGroup) -> None:
        super().__init__(scope, id)
        blocked = Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition(
            action_condition={"action": "BLOCK"}
        )
        headers = [
            Wafv2WebAclLoggingConfigurationRedactedFields(single_header={"name": header})
            for header in REDACTED_HEADERS
        ]
        query = Wafv2WebAclLoggingConfigurationRedactedFields(query_string={})
        self.resource = Wafv2WebAclLoggingConfiguration(
            self,
            "Resource",
            resource_arn=acl.arn,
            log_destination_configs=[log_group.arn],
            redacted_fields=[*headers, query],
            logging_filter={
                "default_behavior": "DROP",
                "filter": [
                    Wafv2WebAclLoggingConfigurationLoggingFilterFilter(
                        behavior="KEEP", requirement="MEETS_ANY", condition=[blocked]
                    )
                ],
            },
        )
