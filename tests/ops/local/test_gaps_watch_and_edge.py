"""Corrections of CloudWatch, SNS, WAF, GuardDuty, Shield and Cost Explorer."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.ops.local.support import ACCOUNT, Clients, Forms

RATE = [
    {"Id": "rate", "Expression": "100 * errors", "Label": "rate", "ReturnData": True},
    {
        "Id": "errors",
        "ReturnData": False,
        "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 300, "Stat": "Sum"},
    },
]
CLOUDWATCH = "2010-08-01"


def put_alarm(aws: Clients, name: str, **members: Any) -> None:
    compared = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 2, "Threshold": 1.5}
    aws("cloudwatch").put_metric_alarm(AlarmName=name, **compared, **members)


def test_an_alarm_on_an_expression_keeps_it_and_has_no_metric_of_its_own(aws: Clients) -> None:
    put_alarm(aws, "expression", Metrics=RATE, TreatMissingData="notBreaching")
    (found,) = aws("cloudwatch").describe_alarms(AlarmNames=["expression"])["MetricAlarms"]
    assert found["Metrics"] == RATE
    assert "Period" not in found
    assert found["StateValue"] == "INSUFFICIENT_DATA"


def test_the_xml_of_alarms_has_every_member(aws: Clients, form: Forms) -> None:
    put_alarm(
        aws, "errors", Namespace="AWS/Lambda", MetricName="Errors", Statistic="Sum", Period=300, Unit="Count"
    )
    aws("cloudwatch").put_composite_alarm(
        AlarmName="service", AlarmRule="ALARM(errors)", AlarmDescription="a < b", ActionsEnabled=False
    )
    request = {"AlarmTypes.member.1": "MetricAlarm", "AlarmTypes.member.2": "CompositeAlarm"}
    text = form("monitoring", CLOUDWATCH, "DescribeAlarms", **request)
    for part in ("<Unit>Count</Unit>", "<Period>300</Period>", "<Threshold>1.5</Threshold>", "a &lt; b"):
        assert part in text
    assert "<ActionsEnabled>false</ActionsEnabled>" in text


def test_a_form_is_read_with_its_numbers_lists_and_flags(aws: Clients, form: Forms) -> None:
    form(
        "monitoring",
        CLOUDWATCH,
        "PutMetricAlarm",
        **{
            "AlarmName": "form",
            "ActionsEnabled": "true",
            "AlarmActions.member.1": f"arn:aws:sns:eu-west-1:{ACCOUNT}:ops",
            "ComparisonOperator": "GreaterThanThreshold",
            "Dimensions.member.1.Name": "FunctionName",
            "Dimensions.member.1.Value": "f",
            "EvaluationPeriods": "3",
            "MetricName": "Errors",
            "Namespace": "AWS/Lambda",
            "Period": "60",
            "Statistic": "Sum",
            "Threshold": "10",
        },
    )
    (found,) = aws("cloudwatch").describe_alarms(AlarmNames=["form"])["MetricAlarms"]
    assert found["AlarmActions"] == [f"arn:aws:sns:eu-west-1:{ACCOUNT}:ops"]
    assert found["Dimensions"] == [{"Name": "FunctionName", "Value": "f"}]
    assert (found["EvaluationPeriods"], found["Threshold"], found["ActionsEnabled"]) == (3, 10.0, True)


def test_an_https_subscription_is_named_when_asked_and_waits_for_its_confirmation(aws: Clients) -> None:
    topic = aws("sns").create_topic(Name="ops")["TopicArn"]
    request = {"TopicArn": topic, "Protocol": "https", "Endpoint": "https://example.com/alerts"}
    created = aws("sns").subscribe(**request, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert created.startswith(f"{topic}:")
    found = aws("sns").get_subscription_attributes(SubscriptionArn=created)["Attributes"]
    assert found["PendingConfirmation"] == "true"
    other = aws("sns").subscribe(**{**request, "Endpoint": "https://example.com/other"})
    assert other["SubscriptionArn"] == "pending confirmation"


def test_a_web_acl_keeps_its_bodies_and_an_update_its_description(aws: Clients) -> None:
    waf = aws("wafv2")
    seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    bodies = {"limited": {"ContentType": "APPLICATION_JSON", "Content": "{}"}}
    request = {"Name": "acl", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": seen}
    created = waf.create_web_acl(**request, CustomResponseBodies=bodies, Description="one")["Summary"]
    waf.update_web_acl(
        **request, Id=created["Id"], LockToken=created["LockToken"], Rules=[], Description="two"
    )
    found = waf.get_web_acl(Name="acl", Scope="REGIONAL", Id=created["Id"])["WebACL"]
    assert (found["CustomResponseBodies"], found["Description"]) == (bodies, "two")


def test_logging_of_a_web_acl_is_put_got_and_deleted(aws: Clients) -> None:
    waf, name = aws("wafv2"), f"arn:aws:wafv2:eu-west-1:{ACCOUNT}:regional/webacl/acl/1"
    logs = {
        "ResourceArn": name,
        "LogDestinationConfigs": ["arn:aws:logs:eu-west-1:1:log-group:aws-waf-logs-x"],
    }
    assert waf.put_logging_configuration(LoggingConfiguration=logs)["LoggingConfiguration"] == logs
    assert waf.get_logging_configuration(ResourceArn=name)["LoggingConfiguration"] == logs
    waf.delete_logging_configuration(ResourceArn=name)
    with pytest.raises(ClientError, match="WAFNonexistentItemException"):
        waf.get_logging_configuration(ResourceArn=name)


def test_a_detector_is_made_changed_tagged_and_deleted(aws: Clients) -> None:
    duty = aws("guardduty")
    assert duty.list_detectors()["DetectorIds"] == []
    name = duty.create_detector(Enable=True, Tags={"Team": "a", "Old": "b"})["DetectorId"]
    assert duty.list_detectors()["DetectorIds"] == [name]
    for feature, status in (
        ("S3_DATA_EVENTS", "ENABLED"),
        ("LAMBDA_NETWORK_LOGS", "ENABLED"),
        ("S3_DATA_EVENTS", "DISABLED"),
    ):
        duty.update_detector(DetectorId=name, Features=[{"Name": feature, "Status": status}])
    arn = f"arn:aws:guardduty:eu-west-1:{ACCOUNT}:detector/{name}"
    duty.tag_resource(ResourceArn=arn, Tags={"Team": "c"})
    duty.untag_resource(ResourceArn=arn, TagKeys=["Old"])
    found = duty.get_detector(DetectorId=name)
    assert {each["Name"]: each["Status"] for each in found["Features"]} == {
        "S3_DATA_EVENTS": "DISABLED",
        "LAMBDA_NETWORK_LOGS": "ENABLED",
    }
    assert (found["Status"], found["FindingPublishingFrequency"], found["Tags"]) == (
        "ENABLED",
        "SIX_HOURS",
        {"Team": "c"},
    )
    duty.delete_detector(DetectorId=name)
    with pytest.raises(ClientError, match="BadRequestException"):
        duty.get_detector(DetectorId=name)


def test_shield_protects_after_a_subscription(aws: Clients) -> None:
    shield = aws("shield")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        shield.describe_subscription()
    shield.create_subscription()
    shield.update_subscription(AutoRenew="DISABLED")
    assert shield.describe_subscription()["Subscription"]["AutoRenew"] == "DISABLED"
    assert shield.get_subscription_state()["SubscriptionState"] == "ACTIVE"
    address = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:eip-allocation/eipalloc-1"
    name = shield.create_protection(Name="nat", ResourceArn=address, Tags=[{"Key": "Team", "Value": "a"}])[
        "ProtectionId"
    ]
    found = shield.describe_protection(ProtectionId=name)["Protection"]
    assert (found["Id"], found["Name"], found["ResourceArn"]) == (name, "nat", address)
    tags = shield.list_tags_for_resource(ResourceARN=found["ProtectionArn"])["Tags"]
    assert tags == [{"Key": "Team", "Value": "a"}]


def test_anomaly_monitors_and_subscriptions_are_kept(aws: Clients) -> None:
    cost = aws("ce")
    monitor = {"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    arn = cost.create_anomaly_monitor(AnomalyMonitor=monitor)["MonitorArn"]
    assert arn.startswith(f"arn:aws:ce::{ACCOUNT}:anomalymonitor/")
    cost.update_anomaly_monitor(MonitorArn=arn, MonitorName="all services")
    (found,) = cost.get_anomaly_monitors(MonitorArnList=[arn])["AnomalyMonitors"]
    assert (found["MonitorArn"], found["MonitorName"], found["MonitorDimension"]) == (
        arn,
        "all services",
        "SERVICE",
    )
    subscription = {
        "SubscriptionName": "costs",
        "MonitorArnList": [arn],
        "Subscribers": [{"Type": "SNS", "Address": f"arn:aws:sns:eu-west-1:{ACCOUNT}:cost"}],
        "Frequency": "IMMEDIATE",
    }
    cost.create_anomaly_subscription(AnomalySubscription=subscription)
    (kept,) = cost.get_anomaly_subscriptions()["AnomalySubscriptions"]
    assert kept.items() >= subscription.items()
    cost.delete_anomaly_monitor(MonitorArn=arn)
    with pytest.raises(ClientError, match="UnknownMonitorException"):
        cost.get_anomaly_monitors(MonitorArnList=[arn])


def test_an_operation_that_nobody_has_is_refused_at_once(aws: Clients) -> None:
    with pytest.raises(ClientError, match="Local AWS does not have this operation") as error:
        aws("guardduty").list_members(DetectorId="x")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
