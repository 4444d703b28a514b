from datetime import timedelta

import pytest

from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.security.role import Role
from tests.constructs_lib.conftest import Builder, policy

OWN_ARN = (
    "arn:<data.aws_partition.Account_Partition.partition>:sqs:eu-west-1:"
    "<data.aws_caller_identity.Account_Identity.account_id>:"
)


@pytest.fixture
def queue(build: Builder) -> Queue:
    return Queue(
        build.stack,
        "Payments",
        name="payments-dev-queue",
        key=build.key(),
        visibility_timeout=timedelta(minutes=6),
        max_receives=5,
        retention=timedelta(days=4),
    )


def test_a_queue_is_encrypted_polled_long_and_redrives_to_its_own_dead_letters(
    build: Builder, queue: Queue
) -> None:
    made = build.synth()
    main = made.named("aws_sqs_queue", "Payments")
    main.pop("policy")
    assert main == {
        "name": "payments-dev-queue",
        "kms_master_key_id": "${aws_kms_key.Key.arn}",
        "kms_data_key_reuse_period_seconds": 3600,
        "visibility_timeout_seconds": 360,
        "message_retention_seconds": 345600,
        "receive_wait_time_seconds": 20,
        "redrive_policy": (
            '${jsonencode({"deadLetterTargetArn" = aws_sqs_queue.Payments_DeadLetters.arn, '
            '"maxReceiveCount" = 5})}'
        ),
    }


def test_dead_letters_stay_two_weeks_and_take_them_from_one_queue_only(build: Builder, queue: Queue) -> None:
    dead = build.synth().named("aws_sqs_queue", "Payments_DeadLetters")
    assert dead["name"] == "payments-dev-queue-dlq"
    assert dead["message_retention_seconds"] == 14 * 24 * 3600
    assert '"redrivePermission" = "byQueue"' in dead["redrive_allow_policy"]
    assert ":payments-dev-queue" in dead["redrive_allow_policy"]


def test_a_dead_letter_queue_of_no_queue_admits_no_redrive(build: Builder) -> None:
    DeadLetterQueue(build.stack, "Undelivered", name="u", key=build.key())
    made = build.synth().one("aws_sqs_queue")
    assert made["redrive_allow_policy"] == '${jsonencode({"redrivePermission" = "denyAll"})}'


def test_plain_http_is_refused_and_a_service_sends_for_one_source_only(build: Builder, queue: Queue) -> None:
    queue.allow_send(service="events.amazonaws.com", source_arn="arn:aws:events:::rule/r")
    statements = policy(build.synth().named("aws_sqs_queue", "Payments")["policy"])
    assert statements == [
        {
            "Sid": "DenyPlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sqs:ReceiveMessage", "sqs:SendMessage"],
            "Resource": [f"{OWN_ARN}payments-dev-queue"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": ["sqs:SendMessage"],
            "Resource": [f"{OWN_ARN}payments-dev-queue"],
            "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:::rule/r"}},
        },
    ]


@pytest.mark.parametrize(
    ("grant", "actions"),
    [
        ("grant_consume", ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"]),
        ("grant_event_source", ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]),
        ("grant_send", ["sqs:SendMessage"]),
    ],
)
def test_a_grant_gives_exact_actions_on_the_queue_and_use_of_the_key(
    build: Builder, queue: Queue, grant: str, actions: list[str]
) -> None:
    role = Role(build.stack, "R", name="r", service="lambda.amazonaws.com")
    getattr(queue, grant)(role)
    made = build.synth()
    assert policy(made.one("aws_iam_role_policy")["policy"]) == [
        {
            "Effect": "Allow",
            "Action": actions,
            "Resource": ["<aws_sqs_queue.Payments.arn>"],
        }
    ]
    assert policy(made.one("aws_kms_key")["policy"])[-1]["Sid"] == "UsedBy"
