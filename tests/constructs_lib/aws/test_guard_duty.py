from typing import Any

import pytest

from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.monitoring.guard_duty import GuardDuty
from constructs_lib.payments.alerts import Alerts
from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import AlertsSettings, Environment
from tests.apps import app
from tests.constructs_lib.conftest import Builder, Synthesized, policy


@pytest.fixture
def guard(build: Builder) -> Any:
    key = build.key()
    alerts = Alerts(
        build.stack,
        "Alerts",
        naming=Naming("dev"),
        account=build.account,
        key=key,
        endpoints=AlertsSettings(),
    )
    undelivered = DeadLetterQueue(build.stack, "Undelivered", name="u", key=key)

    def make(create: bool) -> None:
        GuardDuty(
            build.stack,
            "GuardDuty",
            name="payments-dev-findings",
            create=create,
            topic=alerts.security,
            dead_letters=undelivered,
        )

    return make


def test_a_created_detector_watches_and_tells_as_soon_as_it_can(build: Builder, guard: Any) -> None:
    guard(True)
    made = build.synth()
    assert made.one("aws_guardduty_detector") == {
        "enable": True,
        "finding_publishing_frequency": "FIFTEEN_MINUTES",
    }
    assert "aws_guardduty_detector" not in made.json["data"]


def test_an_existing_detector_is_looked_up_and_not_made(build: Builder, guard: Any) -> None:
    guard(False)
    made = build.synth()
    assert made.all("aws_guardduty_detector", block="data") == {"GuardDuty_Existing": {}}
    assert "aws_guardduty_detector" not in made.types


@pytest.mark.parametrize("create", [True, False])
def test_every_finding_on_the_default_bus_goes_to_the_security_topic(
    build: Builder, guard: Any, create: bool
) -> None:
    guard(create)
    made = build.synth()
    rule = made.one("aws_cloudwatch_event_rule")
    assert rule["event_bus_name"] == "default"
    assert rule["event_pattern"] == (
        '${jsonencode({"source" = ["aws.guardduty"], "detail-type" = ["GuardDuty Finding"]})}'
    )
    assert made.one("aws_cloudwatch_event_target") == {
        "rule": "${aws_cloudwatch_event_rule.GuardDuty_Findings.name}",
        "event_bus_name": "default",
        "target_id": "security",
        "arn": "${aws_sns_topic.Alerts_Security.arn}",
        "retry_policy": {"maximum_event_age_in_seconds": 86400, "maximum_retry_attempts": 185},
        "dead_letter_config": {"arn": "${aws_sqs_queue.Undelivered.arn}"},
    }
    statement = policy(made.one("aws_sqs_queue")["policy"])[-1]
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": "<aws_cloudwatch_event_rule.GuardDuty_Findings.arn>"}
    }


def test_where_it_is_off_there_is_neither_detector_nor_rule() -> None:
    made = Synthesized(PaymentStack(app(), Environment(name="dev"), variables={}))
    assert not {kind for kind in made.types if "guardduty" in kind}
    assert "GuardDuty_Findings" not in made.all("aws_cloudwatch_event_rule")
    assert "aws_guardduty_detector" not in made.json["data"]
