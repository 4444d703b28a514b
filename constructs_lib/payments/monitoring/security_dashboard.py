"""What the Security dashboard shows: who was kept out, who came in, and what was told."""

from __future__ import annotations

from constructs_lib.aws.api.web_acl import MANAGED_GROUPS
from constructs_lib.aws.monitoring.dashboard import Graph, LogTable, Widget
from constructs_lib.aws.monitoring.metric import of_api, of_function, of_topic, of_web_acl
from constructs_lib.payments.monitoring.alerts import Alerts
from constructs_lib.payments.monitoring.monitored_resources import AUTHORIZER, MonitoredResources

RULES = ("RatePerAddress", *MANAGED_GROUPS)
REFUSED = "filter status in ['401', '403', '429']"
REJECTED = "filter action = 'REJECT'"
MOST = "sort requests desc | limit 20"


def security_widgets(monitored: MonitoredResources, *, alerts: Alerts, region: str) -> list[Widget]:
    widgets: list[Widget] = [
        Graph(
            title="Web ACL: blocked requests by rule",
            lines={
                rule: of_web_acl(monitored.web_acl, region, "BlockedRequests", rule=rule) for rule in RULES
            },
        ),
        Graph(
            title="Credentials",
            lines={
                "checked": of_function(monitored.functions[AUTHORIZER], "Invocations"),
                "refused": of_function(monitored.functions[AUTHORIZER], "Errors"),
                "requests refused": of_api(monitored.api, "4XXError"),
            },
        ),
        Graph(
            title="Security alerts",
            lines={
                "sent": of_topic(alerts.security, "NumberOfMessagesPublished"),
                "undelivered": of_topic(alerts.security, "NumberOfNotificationsFailed"),
            },
        ),
        LogTable(
            title="Refused requests by address",
            log_group=monitored.access_logs,
            query=f"{REFUSED} | stats count(*) as requests by ip, status, error | {MOST}",
        ),
        LogTable(
            title="Requests by key",
            log_group=monitored.access_logs,
            query=f"filter ispresent(keyId) | stats count(*) as requests by merchant, keyId | {MOST}",
        ),
        LogTable(
            title="Blocked requests by rule and address",
            log_group=monitored.web_acl_logs,
            query=f"stats count(*) as requests by terminatingRuleId, httpRequest.clientIp | {MOST}",
        ),
    ]
    if monitored.flow_logs:
        widgets.append(
            LogTable(
                title="Refused connections in the network",
                log_group=monitored.flow_logs,
                query=f"{REJECTED} | stats count(*) as requests by srcAddr, dstAddr, dstPort | {MOST}",
            )
        )
    return widgets
