from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import FAILED, Problem
from ops.review.plan import reading
from ops.review.plan.plan import UNKNOWN, Action, Hidden, unindexed
from ops.review.plan.reading import load, parse, with_unknown
from ops.review.plan.secrets import Redactor
from tests.ops.review.made import document, entry, plan


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b'{"format_version": "1.2", "resource_ch', "is not valid JSON: "),
        (b"", "is not valid JSON"),
        (b"\xff\xfe\x00\xd8\x00", "is not valid JSON: 'utf-16-le' codec"),
        (b"[" * 200_000, "is nested too deeply"),
        (b'{"a": ' + b"1" * 5000 + b"}", "is not valid JSON: Exceeds the limit"),
    ],
)
def test_what_is_not_json_is_one_sentence(tmp_path: Path, text: bytes, sentence: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text)
    with pytest.raises(Problem, match=r"plan\.json") as caught:
        load(path)
    assert sentence in caught.value.what
    assert "\n" not in caught.value.what
    assert caught.value.code == FAILED


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([], "not a Terraform plan"),
        ({"resource_changes": []}, "not a Terraform plan"),
        ({"format_version": "1.0", "values": {}}, "JSON of Terraform, but not a plan"),
        (document(format_version="2.0"), "has format 2.0; this payctl reads format 1.x"),
        (document({"address": "a.b"}), "begins like a plan, but has other entries"),
        (document(entry("aws_vpc.a", actions=["explode"])), "but has other entries"),
        (document(resource_changes=[7]), "but has other entries"),
    ],
)
def test_json_that_is_no_plan_is_one_sentence(found: Any, sentence: str) -> None:
    with pytest.raises(Problem, match=r"plan\.json") as caught:
        reading.read(found, Redactor(b""), name="dev", where="plan.json", paths={})
    assert sentence in caught.value.what
    assert caught.value.code == FAILED


def test_an_enormous_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST", 1_000_000)
    path = tmp_path / "plan.json"
    path.write_bytes(b" " * 2_000_000)
    with pytest.raises(Problem, match="2 MB is too large for a plan; at most 1 MB"):
        load(path)


def test_an_enormous_answer_of_terraform_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST", 10)
    with pytest.raises(Problem, match="too large for a plan"):
        parse('{"format_version": "1.2"}', "it")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="No such file"):
        load(tmp_path / "plan.json")


@pytest.mark.parametrize(
    ("actions", "action"),
    [
        (["no-op"], Action.NO_OP),
        (["create"], Action.CREATE),
        (["read"], Action.READ),
        (["update"], Action.UPDATE),
        (["delete"], Action.DESTROY),
        (["delete", "create"], Action.REPLACE),
        (["create", "delete"], Action.REPLACE),
        (["forget"], Action.FORGET),
        (["create", "forget"], Action.CREATE),
    ],
)
def test_every_combination_of_actions_has_its_word(actions: list[str], action: Action) -> None:
    (change,) = plan(entry("aws_vpc.a", {"a": 1}, {"a": 2}, actions=actions)).changes
    assert change.action is action
    assert change.forgets == ("forget" in actions)
    assert change.destroys == ("delete" in actions)


def test_a_move_an_import_and_a_data_source_are_told_apart() -> None:
    moved, still, imported, read = plan(
        entry("aws_vpc.a", {}, {}, actions=["no-op"], previous_address="aws_vpc.b"),
        entry("aws_vpc.c", {}, {}, actions=["no-op"], previous_address="aws_vpc.c"),
        entry("aws_vpc.d", {}, {}, actions=["no-op"], importing={"id": "vpc-1"}),
        entry("data.aws_vpc.e", None, {}, actions=["read"], mode="data"),
    ).changes
    assert (moved.moves, still.moves) == (True, False)
    assert imported.imports
    assert [change.does_something for change in (moved, still, imported, read)] == [True, False, True, False]


def test_an_import_by_an_identity_or_an_unknown_id_is_an_import_too() -> None:
    by_identity, unknown = plan(
        entry("aws_vpc.a", {}, {}, actions=["no-op"], importing={"identity": {"id": "vpc-1"}}),
        entry("aws_vpc.b", None, {}, importing={"unknown": True}),
    ).changes
    assert by_identity.import_id == "{'id': 'vpc-1'}"
    assert unknown.import_id == "known after apply"


def test_marks_of_secrets_hold_on_both_sides_at_any_depth_and_empty_ones_mark_nothing() -> None:
    (change,) = plan(
        entry(
            "aws_db_instance.a",
            {
                "password": "planted-one",
                "tags": {"a": "b"},
                "list": [{"key": "k1"}, {"key": "k2"}],
                "none": None,
            },
            {
                "password": "planted-two",
                "tags": {"a": "b"},
                "list": [{"key": "k1"}, {"key": "k3"}],
                "none": None,
            },
            before_sensitive={"tags": {}, "list": [{}, {"key": False}], "none": True},
            after_sensitive={"password": True, "tags": {"a": False}, "list": [{}, {"key": True}]},
        )
    ).changes
    assert isinstance(change.before["password"], Hidden)
    assert change.before["password"] != change.after["password"]
    assert change.before["tags"] == {"a": "b"}
    assert change.before["list"][0] == {"key": "k1"}
    assert isinstance(change.before["list"][1]["key"], Hidden)
    assert change.before["none"] is None


def test_a_resource_that_is_secret_as_a_whole_is_hidden_as_a_whole() -> None:
    (change,) = plan(entry("aws_vpc.a", {"a": 1}, {"a": 1}, after_sensitive=True)).changes
    assert change.before == change.after
    assert isinstance(change.after, Hidden)


def test_what_is_known_after_apply_stands_in_its_place() -> None:
    assert with_unknown({"a": 1}, {"b": True, "c": [], "d": {"e": False}}) == {"a": 1, "b": UNKNOWN}
    assert with_unknown({"l": [{"a": 1}]}, {"l": [{"b": True}, True]}) == {
        "l": [{"a": 1, "b": UNKNOWN}, UNKNOWN]
    }
    assert with_unknown(None, {"a": {"b": True}}) == {"a": {"b": UNKNOWN}}
    assert with_unknown(None, {}) is None
    assert with_unknown({}, {"a": False}) == {}
    assert with_unknown({"a": 1}, True) == UNKNOWN


def test_the_configuration_says_what_refers_to_what_and_what_is_set_also_in_modules() -> None:
    module = {
        "resources": [
            {"address": "aws_sqs_queue.a", "expressions": {"name": {"constant_value": "a"}}},
            {
                "address": "aws_sqs_queue_policy.b",
                "expressions": {
                    "block": [{"queue_url": {"references": ["aws_sqs_queue.a.id", "aws_sqs_queue.a"]}}]
                },
                "for_each_expression": {"references": ["var.x"]},
                "depends_on": ["aws_vpc.elsewhere"],
            },
        ],
        "module_calls": {},
    }
    found = plan(
        configuration={"root_module": {**module, "module_calls": {"inner": {"module": module}}}},
    )
    assert found.references["aws_sqs_queue_policy.b"] == {"aws_sqs_queue.a"}
    assert found.references["module.inner.aws_sqs_queue_policy.b"] == {"module.inner.aws_sqs_queue.a"}
    assert found.configured["aws_sqs_queue.a"] == {"name"}


def test_accounts_come_from_the_caller_and_from_arns() -> None:
    found = plan(
        entry("aws_vpc.a", {"arn": "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"}, {}),
        entry("aws_s3_bucket.b", {"arn": "arn:aws:s3:::name"}, {}),
        prior_state={
            "values": {
                "root_module": {
                    "resources": [
                        {
                            "type": "aws_caller_identity",
                            "mode": "data",
                            "values": {"account_id": "444455556666"},
                        }
                    ]
                }
            }
        },
    )
    assert found.accounts == {"111122223333", "444455556666"}


def test_only_checks_that_do_not_pass_are_kept() -> None:
    found = plan(
        checks=[
            {"address": {"to_display": "check.a"}, "status": "pass"},
            {"address": {"to_display": "check.b"}, "status": "unknown"},
            {"address": {"to_display": "check.c"}, "status": "error"},
            {
                "address": {"to_display": "check.d"},
                "status": "fail",
                "instances": [{"problems": [{"message": "No."}, {}]}, {}],
            },
        ]
    )
    assert [(check.address, check.status, check.messages) for check in found.checks] == [
        ("check.c", "error", ()),
        ("check.d", "fail", ("No.",)),
    ]


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("aws_vpc.a", "aws_vpc.a"),
        ("aws_vpc.a[0]", "aws_vpc.a"),
        ('aws_vpc.a["x"]', "aws_vpc.a"),
        ('module.m["a.[b]\\"]"].aws_vpc.a[1]', "module.m.aws_vpc.a"),
    ],
)
def test_an_address_without_its_index(address: str, plain: str) -> None:
    assert unindexed(address) == plain


def test_a_plan_without_anything_is_a_plan() -> None:
    found = plan(**json.loads('{"planned_values": {}}'))
    assert found.changes == ()
    assert found.complete
    assert not found.errored
