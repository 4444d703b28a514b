from typing import Any

import pytest

from constructs_lib.aws.messaging.topic import protocol
from constructs_lib.payments.alerts import Alerts
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import AlertsSettings
from tests.constructs_lib.conftest import Builder, policy

PARTITION = "<data.aws_partition.Account_Partition.partition>"
ACCOUNT = "<data.aws_caller_identity.Account_Identity.account_id>"
OWN_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
PUBLISHERS: dict[str, dict[str, dict[str, Any]]] = {
    "cost": {
        "budgets.amazonaws.com": OWN_ACCOUNT
        | {"ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:budgets::{ACCOUNT}:*"}},
        "costalerts.amazonaws.com": OWN_ACCOUNT
        | {"ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:ce::{ACCOUNT}:anomalysubscription/*"}},
    },
    "ops": {
        "cloudwatch.amazonaws.com": OWN_ACCOUNT
        | {
            "ArnLike": {
                "aws:SourceArn": f"arn:{PARTITION}:cloudwatch:eu-west-1:{ACCOUNT}:alarm:payments-dev-*"
            }
        },
        "events.amazonaws.com": {},
    },
    "security": {"events.amazonaws.com": {}},
}


def _alerts(build: Builder, endpoints: AlertsSettings) -> Alerts:
    return Alerts(
        build.stack,
        "Alerts",
        naming=Naming("dev"),
        account=build.account,
        key=build.key(),
        endpoints=endpoints,
    )


def _arn(topic: str) -> str:
    return f"arn:{PARTITION}:sns:eu-west-1:{ACCOUNT}:payments-dev-{topic}-alerts"


def test_there_is_an_encrypted_topic_for_costs_for_operations_and_for_security(build: Builder) -> None:
    alerts = _alerts(build, AlertsSettings())
    made = build.synth().all("aws_sns_topic")
    assert {body["name"]: body["kms_master_key_id"] for body in made.values()} == dict.fromkeys(
        ("payments-dev-cost-alerts", "payments-dev-ops-alerts", "payments-dev-security-alerts"),
        "${aws_kms_key.Key.arn}",
    )
    assert {alerts.cost.node.id, alerts.ops.node.id, alerts.security.node.id} == {"Cost", "Ops", "Security"}


@pytest.mark.parametrize("topic", PUBLISHERS)
def test_exactly_its_publishers_publish_for_this_account_and_over_tls(build: Builder, topic: str) -> None:
    _alerts(build, AlertsSettings())
    body = build.synth().named("aws_sns_topic", f"Alerts_{topic.capitalize()}")
    refusal, *allowed = policy(body["policy"])
    common = {"Action": ["sns:Publish"], "Resource": [_arn(topic)]}
    assert refusal == {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        **common,
    }
    assert allowed == [
        {"Effect": "Allow", "Principal": {"Service": service}, **common}
        | ({"Condition": conditions} if conditions else {})
        for service, conditions in PUBLISHERS[topic].items()
    ]


def test_a_publisher_has_the_key_for_its_topics_only(build: Builder) -> None:
    _alerts(build, AlertsSettings())
    services = [
        statement
        for statement in policy(build.synth().one("aws_kms_key")["policy"])
        if "Service" in statement["Principal"]
    ]
    assert services == [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
            "Resource": ["*"],
            "Condition": conditions
            | {
                "StringEquals": conditions.get("StringEquals", {})
                | {"kms:EncryptionContext:aws:sns:topicArn": _arn(topic)}
            },
        }
        for topic, publishers in PUBLISHERS.items()
        for service, conditions in publishers.items()
    ]


def test_everybody_whom_the_file_names_is_subscribed_to_that_topic(build: Builder) -> None:
    _alerts(
        build,
        AlertsSettings(
            cost=("cfo@example.com",),
            ops=("https://example.com/hook", "arn:aws:sqs:eu-west-1:123456789012:pager"),
        ),
    )
    made = build.synth().all("aws_sns_topic_subscription").values()
    assert sorted((it["topic_arn"], it["protocol"], it["endpoint"]) for it in made) == [
        ("${aws_sns_topic.Alerts_Cost.arn}", "email", "cfo@example.com"),
        ("${aws_sns_topic.Alerts_Ops.arn}", "https", "https://example.com/hook"),
        ("${aws_sns_topic.Alerts_Ops.arn}", "sqs", "arn:aws:sqs:eu-west-1:123456789012:pager"),
    ]


def test_who_is_named_before_another_does_not_end_the_others_subscription() -> None:
    addresses = []
    for endpoints in (("b@example.com",), ("a@example.com", "b@example.com")):
        build = Builder()
        _alerts(build, AlertsSettings(ops=endpoints))
        made = build.synth().all("aws_sns_topic_subscription")
        addresses.append({body["endpoint"]: id for id, body in made.items()}["b@example.com"])
    assert addresses[0] == addresses[1]


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("arn@example.com", "email"),
        ("arn:aws-cn:sqs:cn-north-1:123456789012:q", "sqs"),
        ("https://a@b.c", "https"),
    ],
)
def test_an_endpoint_says_its_protocol(endpoint: str, name: str) -> None:
    assert protocol(endpoint) == name
