import json
from datetime import timedelta

from constructs_lib.aws.messaging.event_bus import EventBus, EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.payments.outbox import Outbox
from constructs_lib.payments.table import PaymentsTable
from tests.constructs_lib.conftest import Builder, policy


def _bus(build: Builder) -> EventBus:
    return EventBus(
        build.stack, "Bus", name="payments-dev", source="payments", archive_retention=timedelta(days=30)
    )


def _undelivered(build: Builder) -> DeadLetterQueue:
    return DeadLetterQueue(build.stack, "Undelivered", name="u", key=build.key())


def _outbox(build: Builder) -> None:
    undelivered = _undelivered(build)
    table = PaymentsTable(build.stack, "Table", name="t", key=undelivered._key, deletion_protection=False)
    Outbox(
        build.stack,
        "Outbox",
        name="payments-dev-outbox",
        table=table,
        bus=_bus(build),
        dead_letters=undelivered,
        account=build.account,
    )


def test_a_bus_archives_the_events_of_its_source(build: Builder) -> None:
    _bus(build)
    archive = build.synth().one("aws_cloudwatch_event_archive")
    assert archive["event_source_arn"] == "${aws_cloudwatch_event_bus.Bus.arn}"
    assert archive["event_pattern"] == '${jsonencode({"source" = ["payments"]})}'
    assert archive["retention_days"] == 30


def test_a_rule_delivers_to_a_queue_with_retries_and_dead_letters(build: Builder) -> None:
    undelivered = _undelivered(build)
    queue = Queue(
        build.stack,
        "Queue",
        name="q",
        key=undelivered._key,
        visibility_timeout=timedelta(minutes=6),
        max_receives=5,
        retention=timedelta(days=4),
    )
    rule = EventRule(
        build.stack,
        "Rule",
        name="r",
        description="d",
        bus=_bus(build),
        pattern={"source": ["payments"]},
        dead_letters=undelivered,
    )
    rule.send_to_queue("Kept", queue)
    made = build.synth()
    assert made.one("aws_cloudwatch_event_target") == {
        "arn": "${aws_sqs_queue.Queue.arn}",
        "dead_letter_config": {"arn": "${aws_sqs_queue.Undelivered.arn}"},
        "event_bus_name": "${aws_cloudwatch_event_bus.Bus.name}",
        "retry_policy": {"maximum_event_age_in_seconds": 86400, "maximum_retry_attempts": 185},
        "rule": "${aws_cloudwatch_event_rule.Rule.name}",
        "target_id": "kept",
    }
    for name in ("Queue", "Undelivered"):
        allowed = policy(made.named("aws_sqs_queue", name)["policy"])[-1]
        assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
        assert allowed["Condition"] == {
            "ArnEquals": {"aws:SourceArn": "<aws_cloudwatch_event_rule.Rule.arn>"}
        }


def test_the_outbox_reads_new_event_items_in_order_from_the_beginning(build: Builder) -> None:
    _outbox(build)
    pipe = build.synth().one("aws_pipes_pipe")
    source = pipe["source_parameters"]
    [item] = source["filter_criteria"]["filter"]
    assert json.loads(item["pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"entity": {"S": ["event"]}}},
    }
    stream = source["dynamodb_stream_parameters"]
    assert stream["starting_position"] == "TRIM_HORIZON"
    assert stream["on_partial_batch_item_failure"] == "AUTOMATIC_BISECT"
    assert stream["dead_letter_config"] == {"arn": "${aws_sqs_queue.Undelivered.arn}"}
    assert "parallelization_factor" not in stream


def test_the_outbox_tells_the_bus_every_field_of_an_event(build: Builder) -> None:
    _outbox(build)
    target = build.synth().one("aws_pipes_pipe")["target_parameters"]
    assert target["eventbridge_event_bus_parameters"] == {
        "detail_type": "$.dynamodb.NewImage.type.S",
        "source": "payments",
    }
    for name in ("id", "type", "merchant", "payment", "created", "data"):
        assert f'"{name}": <$.dynamodb.NewImage.{name}.S>' in target["input_template"]
    assert '"sequence": <$.dynamodb.NewImage.sequence.N>' in target["input_template"]


def test_the_outbox_may_read_the_stream_publish_and_set_aside_and_nothing_else(build: Builder) -> None:
    _outbox(build)
    made = build.synth()
    statements = policy(made.one("aws_iam_role_policy")["policy"])
    assert [(s["Action"], s["Resource"]) for s in statements] == [
        (
            [
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            ["<aws_dynamodb_table.Table.stream_arn>"],
        ),
        (["events:PutEvents"], ["<aws_cloudwatch_event_bus.Bus.arn>"]),
        (["sqs:SendMessage"], ["<aws_sqs_queue.Undelivered.arn>"]),
    ]
    [trust] = policy(made.one("aws_iam_role")["assume_role_policy"])
    source = trust["Condition"]["StringEquals"]["aws:SourceArn"]
    assert source.endswith(":pipe/payments-dev-outbox")
