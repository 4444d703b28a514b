"""Adoption and moves of existing resources."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cdktf import TerraformResource, TerraformResourceLifecycle

from constructs_lib.aws.adopted import address
from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.security.secret import Secret
from constructs_lib.estate.adoption import adopt
from constructs_lib.payments.table import PaymentsTable
from constructs_lib.settings.estate import Adoption, EstateSettings, Move, Tags
from tests.constructs_lib.conftest import Builder, policy

QUEUE, TABLE = "aws_sqs_queue.Queue_4A7E3555", "aws_dynamodb_table.Table_CD117FA1"


def _queue(build: Builder) -> DeadLetterQueue:
    return DeadLetterQueue(build.stack, "Queue", name="ours", key=build.key())


def _table(build: Builder) -> PaymentsTable:
    return PaymentsTable(build.stack, "Table", name="ours", key=build.key(), deletion_protection=False)


def _adopted(build: Builder, made: Any, **how: Any) -> dict[str, Any]:
    """Returns the body of the only resource of its type, adopted with these settings."""
    tags = how.pop("tags", Tags.REFUSE)
    one = Adoption(address=address(made.resource), **({"id": "id"} | how))
    assert list(adopt(build.stack, EstateSettings(adopt=(one,), tags=tags))) == []
    return build.synth().one(made.resource.terraform_resource_type)


def test_what_is_adopted_is_imported_and_never_destroyed(build: Builder) -> None:
    queue = _queue(build)
    body = _adopted(build, queue, id="https://sqs/acme")
    assert body["lifecycle"] == {"prevent_destroy": True}
    assert build.synth().json["import"] == [{"to": "aws_sqs_queue.Queue", "id": "https://sqs/acme"}]


def test_an_adopted_table_is_protected_from_the_start(build: Builder) -> None:
    assert _adopted(build, _table(build))["deletion_protection_enabled"] is True


def test_an_adopted_thing_has_its_own_name_also_where_arns_are_built_of_it() -> None:
    one = Adoption(address=QUEUE, id="https://sqs/acme", name="acme-orders")
    estate = EstateSettings(adopt=(one,))
    build = Builder(estate)
    queue = _queue(build)
    assert address(queue.resource) == QUEUE
    assert list(adopt(build.stack, estate)) == []
    body = build.synth().one("aws_sqs_queue")
    assert body["name"] == "acme-orders"
    (statement,) = policy(body["policy"])
    assert statement["Resource"][0].endswith(":acme-orders")


def test_what_is_kept_is_not_configured_so_that_it_needs_nothing(build: Builder) -> None:
    body = _adopted(build, _table(build), keep=("server_side_encryption", "name"))
    assert "server_side_encryption" not in body
    assert body["name"] == "ours"  # Terraform requires a name
    assert body["lifecycle"]["ignore_changes"] == ["server_side_encryption", "name"]


def test_what_aws_does_not_tell_stays_configured(build: Builder) -> None:
    key = build.key()
    body = _adopted(build, key, keep=("deletion_window_in_days",))
    assert body["deletion_window_in_days"] == 7
    assert body["lifecycle"]["ignore_changes"] == ["deletion_window_in_days"]


def test_what_was_ignored_before_is_ignored_still(build: Builder) -> None:
    table = _table(build)
    table.resource.lifecycle = TerraformResourceLifecycle(ignore_changes=["ttl"])
    assert _adopted(build, table, keep=("name", "ttl"))["lifecycle"]["ignore_changes"] == ["ttl", "name"]


@pytest.mark.parametrize(
    ("tags", "ignored"), [(Tags.KEEP, ["tags", "tags_all"]), (Tags.ALLOW, None), (Tags.REFUSE, None)]
)
def test_tags_stay_where_they_are_to_be_kept(build: Builder, tags: Tags, ignored: list[str] | None) -> None:
    assert _adopted(build, _queue(build), tags=tags)["lifecycle"].get("ignore_changes") == ignored


def test_an_adopted_secret_keeps_its_value() -> None:
    one = Adoption(address="aws_secretsmanager_secret.Secret_A720EF05", id="arn")
    build = Builder(EstateSettings(adopt=(one,)))
    secret = Secret(
        build.stack, "Secret", name="s", description="d", key=build.key(), recovery_window=timedelta(0)
    )
    assert address(secret.resource) == one.address
    made = build.synth()
    assert "aws_secretsmanager_secret_version" not in made.types
    assert "ephemeral" not in made.json


def test_a_secrets_value_is_never_imported(build: Builder) -> None:
    Secret(build.stack, "Secret", name="s", description="d", key=build.key(), recovery_window=timedelta(0))
    (value,) = (
        address(node)
        for node in build.stack.node.find_all()
        if isinstance(node, TerraformResource)
        and node.terraform_resource_type == "aws_secretsmanager_secret_version"
    )
    (problem,) = adopt(build.stack, EstateSettings(adopt=(Adoption(address=value, id="x|y"),)))
    assert "would write the secret's value into the state" in problem


def test_every_address_that_is_not_ours_is_told_with_the_nearest_one(build: Builder) -> None:
    _queue(build)
    estate = EstateSettings(
        adopt=(Adoption(address="aws_sqs_queue.Quue_4A7E3555", id="x"),),
        move=(Move(address="aws_vpc.Nowhere", previous="aws_vpc.old"),),
    )
    assert list(adopt(build.stack, estate)) == [
        f'estate.adopt."aws_sqs_queue.Quue_4A7E3555": no such resource; did you mean {QUEUE}?',
        'estate.move."aws_vpc.Nowhere": no such resource',
    ]
    assert "import" not in build.synth().json


def test_what_was_at_another_address_is_moved(build: Builder) -> None:
    _queue(build)
    estate = EstateSettings(move=(Move(address=QUEUE, previous="module.q.aws_sqs_queue.this[0]"),))
    assert list(adopt(build.stack, estate)) == []
    assert build.synth().json["moved"] == [
        {"from": "module.q.aws_sqs_queue.this[0]", "to": "aws_sqs_queue.Queue"}
    ]


def test_without_an_estate_nothing_is_different(build: Builder) -> None:
    _queue(build)
    assert list(adopt(build.stack, EstateSettings())) == []
    made = build.synth()
    assert "import" not in made.json
    assert "moved" not in made.json
    assert "lifecycle" not in made.one("aws_sqs_queue")
