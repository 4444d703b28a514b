from __future__ import annotations

from typing import Any

from constructs_lib.settings.estate import Adoption, EstateSettings, Tags
from constructs_lib.settings.schema import Environment
from ops.estate.adopt import gate
from ops.estate.adopt.plans import Plan
from ops.estate.adopt.reconcile import (
    Reconciliation,
    adoption_line,
    keep_attributes,
    reconcile_differences,
)
from tests.ops.estate.support import stack

TABLE, QUEUE, KEY = "aws_dynamodb_table.Payments_1", "aws_sqs_queue.Queue_1", "aws_kms_key.Key_1"


def change(address: str, *actions: str, imported: bool = True, **detail: Any) -> dict[str, Any]:
    details = {"actions": list(actions) or ["update"], "before": {}, "after": {}, **detail}
    return {
        "address": address,
        "mode": "managed",
        "change": details | ({"importing": {"id": "x"}} if imported else {}),
    }


def plan(*changes: dict[str, Any]) -> Plan:
    return Plan({"resource_changes": [*changes, {"mode": "data", "change": {"actions": ["read"]}}]})


STACK = stack(
    aws_dynamodb_table={"Payments_1": {"name": "t", "hash_key": "pk", "ttl": {}, "billing_mode": "x"}},
    aws_sqs_queue={
        "Queue_1": {
            "name": "q",
            "visibility_timeout_seconds": 1,
            "kms_master_key_id": "${aws_kms_key.Key_1.arn}",
        }
    },
    aws_kms_key={"Key_1": {"policy": '${jsonencode({"a" = aws_iam_role.R.arn})}'}},
    aws_iam_role={"R": {"name": "r"}},
    aws_subnet={
        "Network_PrivateSubnetA_1": {"cidr_block": "10.0.128.0/19"},
        "Network_PrivateSubnetB_1": {"cidr_block": "10.0.160.0/19"},
    },
)


def reconciled(
    *changes: dict[str, Any], estate: EstateSettings | None = None, without: str = ""
) -> list[Reconciliation]:
    adoptions = [Adoption(address=it, id="id") for it in STACK.resources if it != without]
    environment = Environment(name="dev", estate=estate or EstateSettings())
    return list(reconcile_differences(plan(*changes), environment, adoptions, STACK))


def test_an_import_that_changes_nothing_has_no_differences() -> None:
    nothing = plan(change(TABLE, "no-op"), change(KEY, "create", imported=False))
    assert nothing.differences() == []
    assert nothing.created() == [KEY]


def test_differences_that_replace_come_first_and_tags_last() -> None:
    found = plan(
        change(QUEUE, before={"tags": {}, "policy": "a"}, after={"tags": {"a": "b"}, "policy": "b"}),
        change(
            TABLE,
            "delete",
            "create",
            before={"name": "acme"},
            after={"name": "t"},
            replace_paths=[["name"]],
        ),
    ).differences()
    assert [(it.address, it.attribute, it.replaces) for it in found] == [
        (TABLE, "name", True),
        (QUEUE, "policy", False),
        (QUEUE, "tags", False),
    ]
    assert found[0].shown == 'name: "acme" → "t"'


def test_what_is_sensitive_is_never_shown() -> None:
    (one,) = plan(
        change(
            QUEUE,
            before={"policy": "s3cret"},
            after={"policy": "x"},
            before_sensitive={"policy": [{"a": True}]},
        )
    ).differences()
    assert one.shown == "policy: (sensitive)"


def test_only_what_is_known_to_differ_inside_a_value_counts() -> None:
    same = change(
        TABLE,
        before={"ttl": [{"enabled": True, "name": "x"}], "map": {"a": 1}},
        after={"ttl": [{"enabled": True}], "map": {}},
        after_unknown={"ttl": [{"name": True}], "map": {"a": True}},
    )
    assert [it.shown for it in plan(same).differences()] == [
        'map: {"a": 1} → (known after apply)',
        'ttl: [{"enabled": true, "name": "x"}] → (known after apply)',
    ]
    longer = change(TABLE, before={"ttl": [1]}, after={"ttl": [1, 2]}, after_unknown={"ttl": [False, True]})
    assert plan(longer).differences()[0].after == [1, 2]


def test_a_long_value_is_cut() -> None:
    (one,) = plan(change(QUEUE, before={"policy": "a" * 200}, after={"policy": "b"})).differences()
    assert len(one.shown) < 120
    assert "…" in one.shown


def test_a_setting_of_the_file_settles_what_it_says_and_keeping_settles_anything() -> None:
    (one,) = reconciled(
        change(QUEUE, before={"visibility_timeout_seconds": 180}, after={"visibility_timeout_seconds": 360})
    )
    assert one.lines == ("[queue] visibility_timeout = 180",)
    assert one.keeps is True


def test_a_value_that_the_file_would_refuse_is_no_line() -> None:
    (one,) = reconciled(
        change(QUEUE, before={"visibility_timeout_seconds": 0}, after={"visibility_timeout_seconds": 360})
    )
    assert one.lines == ()


def test_subnets_are_settled_by_one_list_of_all_of_them() -> None:
    (one,) = reconciled(
        change(
            "aws_subnet.Network_PrivateSubnetB_1",
            before={"cidr_block": "10.42.1.0/24"},
            after={"cidr_block": "10.0.160.0/19"},
            replace_paths=[["cidr_block"]],
        )
    )
    assert one.lines == ('[network] private_subnets = ["10.0.128.0/19", "10.42.1.0/24"]',)


def test_another_key_may_be_used_instead_of_adopted() -> None:
    arn = "arn:aws:kms:eu-west-1:000000000000:key/1"
    (one,) = reconciled(
        change(QUEUE, before={"kms_master_key_id": arn}, after={}, after_unknown={"kms_master_key_id": True}),
        change(KEY, "create", imported=False),
    )
    assert one.lines == (f'[estate.use] key = "{arn}"',)
    assert one.why == f"it refers to {KEY}, which is missing: adopt that too"


def test_what_follows_from_another_difference_is_not_told_twice() -> None:
    found = reconciled(
        change(QUEUE, before={"kms_master_key_id": "k"}, after={}, after_unknown={"kms_master_key_id": True}),
        change(
            KEY,
            before={"policy": "a", "arn": "b"},
            after={"policy": "c"},
            after_unknown={"arn": True},
        ),
    )
    assert [(it.difference.address, it.difference.attribute) for it in found] == [(KEY, "policy")]


def test_no_line_settles_another_key_of_the_table() -> None:
    (one,) = reconciled(change(TABLE, before={"hash_key": "id"}, after={"hash_key": "pk"}))
    assert one.lines == ()
    assert one.why == "no line reconciles this: the functions read and write payments by these keys"
    assert one.keeps is False


def test_what_is_not_adopted_and_would_change_has_no_line() -> None:
    (one,) = reconciled(
        change(QUEUE, imported=False, before={"name": "a"}, after={"name": "b"}), without=QUEUE
    )
    assert one.why == "it is not adopted, but the plan would change it"


def test_protection_and_stubborn_tags_are_allowed_by_name() -> None:
    attribute = "deletion_protection_enabled"
    (protection,) = reconciled(change(TABLE, before={attribute: False}, after={attribute: True, "ttl": None}))
    assert (protection.allow, protection.keeps) == (f"{TABLE}.{attribute}", False)
    tags = change(QUEUE, before={"tags_all": {}}, after={"tags_all": {"a": "b"}})
    assert reconciled(tags)[0].lines == ('[estate] tags = "keep"', '[estate] tags = "allow"')
    (stubborn,) = reconciled(tags, estate=EstateSettings(tags=Tags.KEEP))
    assert stubborn.allow == f"{QUEUE}.tags_all"


def test_an_adoption_is_one_line_of_toml() -> None:
    assert adoption_line(Adoption(address=QUEUE, id="u")) == f'"{QUEUE}" = "u"'
    assert adoption_line(
        keep_attributes(Adoption(address=QUEUE, id="u", name="n", keep=("a",)), "a", "b")
    ) == (f'"{QUEUE}" = {{ id = "u", name = "n", keep = ["a", "b"] }}')


def test_a_plan_that_does_more_than_adopt_is_refused_by_name() -> None:
    changes = plan(
        change(TABLE, before={"name": "a"}, after={"name": "b"}, replace_paths=[["name"]]),
        change(QUEUE, before={"tags": 1, "policy": 1}, after={"tags": 2, "policy": 2}),
        change(KEY, "create", imported=False),
        change("aws_iam_role.R", "delete", imported=False),
    )
    assert gate.refusals(changes, EstateSettings(), {}) == [
        "aws_iam_role.R would be destroyed",
        f'{TABLE}: name: "a" → "b" (replaces it)',
        f"{QUEUE}: policy: 1 → 2",
        f"{QUEUE}: tags: 1 → 2",
        f"{KEY} would be created: an adopted resource refers to it",
    ]
    allowed = EstateSettings(tags=Tags.ALLOW, allow=(KEY, f"{QUEUE}.policy", f"{TABLE}.name"))
    assert gate.refusals(changes, allowed, {}) == [
        "aws_iam_role.R would be destroyed",
        f'{TABLE}: name: "a" → "b" (replaces it)',
    ]


def test_a_setting_that_would_be_added_to_something_adopted_is_told() -> None:
    resources = stack(
        aws_s3_bucket={"A": {"bucket": "a"}, "B": {"bucket": "b"}},
        aws_s3_bucket_versioning={
            "V": {"bucket": "${aws_s3_bucket.A.id}"},
            "W": {"bucket": "${aws_s3_bucket.B.id}"},
        },
    )
    adopted = EstateSettings(adopt=(Adoption(address="aws_s3_bucket.A", id="a"),))
    assert gate.missing_parts(resources, adopted) == {"aws_s3_bucket_versioning.V": "aws_s3_bucket.A"}
    named = EstateSettings(adopt=adopted.adopt, allow=("aws_s3_bucket_versioning.V",))
    assert gate.missing_parts(resources, named) == {}
