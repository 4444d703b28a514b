"""What the web ACL refused."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.wafv2_web_acl import Wafv2WebAcl
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationLoggingFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition,
    Wafv2WebAclLoggingConfigurationRedactedFields,
    Wafv2WebAclLoggingConfigurationRedactedFieldsQueryString,
    Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader,
)
from constructs import Construct

from constructs_lib.aws.monitoring.log_group import LogGroup

# What callers choose themselves may be a credential or a card number.
REDACTED_HEADERS = ("authorization", "idempotency-key")


class WebAclLogs(Construct):
    """Logs refused requests, without credentials; the API's own access log has the others.

    AWS lets the service write to the group when this is made: a policy of ours would be one of the ten that a
    region takes (CloudWatch Logs user guide, "Enabling logging from AWS services").
    """

    def __init__(self, scope: Construct, id: str, *, acl: Wafv2WebAcl, log_group: LogGroup) -> None:
        super().__init__(scope, id)
        blocked = Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition(
            action_condition=Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition(
                action="BLOCK"
            )
        )
        headers = [
            Wafv2WebAclLoggingConfigurationRedactedFields(
                single_header=Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader(name=header)
            )
            for header in REDACTED_HEADERS
        ]
        query = Wafv2WebAclLoggingConfigurationRedactedFields(
            query_string=Wafv2WebAclLoggingConfigurationRedactedFieldsQueryString()
        )
        self.resource = Wafv2WebAclLoggingConfiguration(
            self,
            "Resource",
            resource_arn=acl.arn,
            log_destination_configs=[log_group.arn],
            redacted_fields=[*headers, query],
            logging_filter=Wafv2WebAclLoggingConfigurationLoggingFilter(
                default_behavior="DROP",
                filter=[
                    Wafv2WebAclLoggingConfigurationLoggingFilterFilter(
                        behavior="KEEP", requirement="MEETS_ANY", condition=[blocked]
                    )
                ],
            ),
        )
