from datetime import timedelta

from constructs_lib.aws.compute.artifact_bucket import ArtifactBucket
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.messaging.event_bus import EventBus
from constructs_lib.aws.messaging.queue import Queue
from constructs_lib.aws.security.secret import Secret
from constructs_lib.aws.storage.state_backend import StateBackend
from constructs_lib.estate.protection import PREVENT_DESTROY, protect
from constructs_lib.payments.table import PaymentsTable
from tests.constructs_lib.conftest import Builder


def _fill(build: Builder) -> None:
    key = build.key()
    PaymentsTable(build.stack, "Table", name="t", key=key, deletion_protection=True)
    ArtifactBucket(build.stack, "Bucket", name="b", key=key)
    Secret(build.stack, "Secret", name="s", description="d", key=key, recovery_window=timedelta(30))
    EventBus(build.stack, "Bus", name="b", source="payments", archive_retention=timedelta(days=30))
    LogGroup(build.stack, "Log", name="l", key=key, retention=timedelta(days=365))
    Queue(
        build.stack,
        "Queue",
        name="q",
        key=key,
        visibility_timeout=timedelta(minutes=6),
        max_receives=5,
        retention=timedelta(days=4),
    )


def test_no_plan_can_destroy_what_cannot_be_made_again(build: Builder) -> None:
    _fill(build)
    protect(build.stack)
    made = build.synth()
    guarded = {
        kind: all(body.get("lifecycle") == {"prevent_destroy": True} for body in made.all(kind).values())
        for kind in PREVENT_DESTROY
        if kind in made.types
    }
    assert guarded == {
        "aws_cloudwatch_event_archive": True,
        "aws_dynamodb_table": True,
        "aws_kms_key": True,
        "aws_s3_bucket": True,
        "aws_secretsmanager_secret": True,
        "aws_sqs_queue": True,
    }
    assert len(made.all("aws_sqs_queue")) == 2
    for kind in made.types - set(PREVENT_DESTROY):
        assert not any("lifecycle" in body for body in made.all(kind).values())


def test_logs_outlive_their_group_for_as_long_as_they_are_kept(build: Builder) -> None:
    _fill(build)
    protect(build.stack)
    assert build.synth().one("aws_cloudwatch_log_group")["skip_destroy"] is True


def test_without_protection_everything_can_be_destroyed(build: Builder) -> None:
    _fill(build)
    made = build.synth()
    assert not [kind for kind in made.types if any("lifecycle" in body for body in made.all(kind).values())]
    assert "skip_destroy" not in made.one("aws_cloudwatch_log_group")


def test_a_lifecycle_that_is_there_already_is_kept(build: Builder) -> None:
    StateBackend(build.stack, "State", bucket="b", table="t").table.add_override(
        "lifecycle.ignore_changes", ["tags"]
    )
    protect(build.stack)
    assert build.synth().one("aws_dynamodb_table")["lifecycle"] == {
        "prevent_destroy": True,
        "ignore_changes": ["tags"],
    }
