from datetime import time, timedelta
from pathlib import Path

import pytest

from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.compute.schedules import Schedule, ScheduleGroup
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.security.key import Key
from tests.constructs_lib.conftest import Builder, policy


@pytest.fixture
def key(build: Builder) -> Key:
    return build.key()


@pytest.fixture
def group(build: Builder, key: Key) -> ScheduleGroup:
    undelivered = DeadLetterQueue(build.stack, "Undelivered", name="u", key=key)
    return ScheduleGroup(
        build.stack,
        "Schedules",
        name="payments-dev",
        key=key,
        dead_letters=undelivered,
    )


@pytest.fixture
def jobs(build: Builder, key: Key) -> Queue:
    return Queue(
        build.stack,
        "Jobs",
        name="jobs",
        key=key,
        visibility_timeout=timedelta(minutes=6),
        max_receives=5,
        retention=timedelta(days=4),
    )


def _schedule(
    build: Builder, group: ScheduleGroup, target: Queue | Function, every: timedelta | time
) -> None:
    Schedule(
        build.stack,
        "Expiry",
        name="payments-dev-expiry",
        description="Cancels what has expired",
        group=group,
        every=every,
        flexible=timedelta(minutes=5),
        target=target,
        message='{"job": "expiry"}',
    )


def test_a_schedule_sends_its_encrypted_message_until_the_next_time_is_due(
    build: Builder, group: ScheduleGroup, jobs: Queue
) -> None:
    _schedule(build, group, jobs, timedelta(minutes=15))
    made = build.synth()
    assert made.one("aws_scheduler_schedule_group") == {"name": "payments-dev"}
    assert made.one("aws_scheduler_schedule") == {
        "name": "payments-dev-expiry",
        "description": "Cancels what has expired",
        "group_name": "${aws_scheduler_schedule_group.Schedules.name}",
        "schedule_expression": "rate(15 minutes)",
        "flexible_time_window": {"mode": "FLEXIBLE", "maximum_window_in_minutes": 5},
        "kms_key_arn": "${aws_kms_key.Key.arn}",
        "target": {
            "arn": "${aws_sqs_queue.Jobs.arn}",
            "role_arn": "${aws_iam_role.Expiry_Role.arn}",
            "input": '{"job": "expiry"}',
            "retry_policy": {"maximum_event_age_in_seconds": 900, "maximum_retry_attempts": 185},
            "dead_letter_config": {"arn": "${aws_sqs_queue.Undelivered.arn}"},
        },
        "depends_on": ["aws_iam_role_policy.Expiry_Role_Policy"],
    }


@pytest.mark.parametrize(
    ("every", "expression", "retried"),
    [
        (timedelta(minutes=1), "rate(1 minute)", 60),
        (timedelta(days=1), "rate(1440 minutes)", 86400),
        (timedelta(days=7), "rate(10080 minutes)", 86400),
    ],
)
def test_a_schedule_is_retried_for_a_day_at_most(
    build: Builder, group: ScheduleGroup, jobs: Queue, every: timedelta, expression: str, retried: int
) -> None:
    _schedule(build, group, jobs, every)
    made = build.synth().one("aws_scheduler_schedule")
    assert made["schedule_expression"] == expression
    assert made["target"]["retry_policy"]["maximum_event_age_in_seconds"] == retried


def test_its_role_is_assumed_for_its_group_and_may_only_deliver(
    build: Builder, group: ScheduleGroup, jobs: Queue
) -> None:
    _schedule(build, group, jobs, timedelta(minutes=15))
    made = build.synth()
    [trust] = policy(made.one("aws_iam_role")["assume_role_policy"])
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {
            "aws:SourceAccount": "<data.aws_caller_identity.Account_Identity.account_id>",
            "aws:SourceArn": "<aws_scheduler_schedule_group.Schedules.arn>",
        }
    }
    statements = policy(made.one("aws_iam_role_policy")["policy"])
    assert [(s["Action"], s["Resource"]) for s in statements] == [
        (["sqs:SendMessage"], ["<aws_sqs_queue.Jobs.arn>"]),
        (["sqs:SendMessage"], ["<aws_sqs_queue.Undelivered.arn>"]),
    ]
    users = policy(made.one("aws_kms_key")["policy"])[-1]
    assert (users["Principal"]["AWS"], users["Action"]) == (
        ["<aws_iam_role.Expiry_Role.arn>"],
        ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
    )


def test_a_schedule_calls_the_alias_of_a_function(
    build: Builder, group: ScheduleGroup, key: Key, tmp_path: Path
) -> None:
    function = build.function("Expirer", key, tmp_path)
    _schedule(build, group, function, timedelta(minutes=15))
    made = build.synth()
    assert made.one("aws_scheduler_schedule")["target"]["arn"] == "${aws_lambda_alias.Expirer_Alias.arn}"
    statements = policy(made.named("aws_iam_role_policy", "Expiry_Role_Policy")["policy"])
    assert statements[0]["Action"] == ["lambda:InvokeFunction"]
    assert statements[0]["Resource"] == ["<aws_lambda_alias.Expirer_Alias.arn>"]


def test_a_time_of_day_is_that_of_utc_and_is_tried_for_a_day(
    build: Builder, group: ScheduleGroup, jobs: Queue
) -> None:
    _schedule(build, group, jobs, time(6, 30))
    made = build.synth().one("aws_scheduler_schedule")
    assert made["schedule_expression"] == "cron(30 6 * * ? *)"
    assert made["target"]["retry_policy"]["maximum_event_age_in_seconds"] == 24 * 3600
