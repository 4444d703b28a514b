"""Logs of web ACLs."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.wafv2_web_acl import Wafv2WebAcl
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition,
    Wafv2WebAclLoggingConfigurationRedactedFields,
)
from constructs import Construct

from constructs_lib.aws.monitoring.log_group import LogGroup

# Values of callers may be credentials or card numbers.
REDACTED_HEADERS = ("authorization", "idempotency-key")


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
