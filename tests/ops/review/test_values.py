from __future__ import annotations

from typing import Any

import pytest

from ops.review.knowledge import knowledge
from ops.review.plan.plan import UNKNOWN, Hidden
from ops.review.plan.secrets import Redactor
from ops.review.plan.values import differences, display, dotted, is_secret, pick, same

REDACTOR = Redactor(b"key")


def show(path: str, value: Any) -> str:
    return display(tuple(path.split(".")), value, knowledge(), REDACTOR)


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ({"a": 1}, {"a": 2}, ["a"]),
        ({"a": None}, {"a": {}}, []),
        ({"a": None}, {"a": []}, []),
        ({"a": ""}, {}, []),
        ({"a": {"b": [None]}}, {"a": {"b": [{"c": 1}]}}, ["a.b"]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, ["a[1].b"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 2}]}, ["a[0].b"]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 2}]}, ["a[0].b"]),
        ({"a": [{"b": 1}, {"b": 2}, {"b": 4}]}, {"a": [{"b": 2}, {"b": 3}]}, ["a[0].b", "a[1].b"]),
        ({"a": ["x"]}, {"a": ["x", "y"]}, ["a"]),
        ({"a": '{"x": 1, "y": 2}'}, {"a": '{"y":2,"x":1}'}, []),
        ({"a": '{"x": 1'}, {"a": '{"x": 2'}, ["a"]),
        (None, {"a": 1, "b": None}, ["a"]),
        ({"a": {"b": 1}}, {"a": UNKNOWN}, ["a"]),
    ],
)
def test_trees_differ_where_they_mean_something_else(before: Any, after: Any, names: list[str]) -> None:
    assert [each.name for each in differences(before, after)] == names


def test_numbers_and_texts_that_look_alike_are_not_the_same() -> None:
    assert not same(1, "1")
    assert not same(False, None)
    assert same([], None)


def test_a_place_is_named_as_terraform_names_it() -> None:
    assert dotted(("rule", 0, "status")) == "rule[0].status"


def test_values_are_picked_through_lists() -> None:
    tree = {"rule": [{"x": [{"days": 1}, {"days": None}]}, {"x": {"days": 2}}, {"x": None}, "text"]}
    assert pick(tree, "rule.x.days") == [1, 2]
    assert pick(None, "a.b") == []


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("billing_mode", "PAY_PER_REQUEST", '"PAY_PER_REQUEST"'),
        ("name", "x" * 81, f'"{"x" * 80}…"'),
        ("memory_size", 512, "512"),
        ("enabled", True, "true"),
        ("enabled", None, ""),
        ("kms_key_arn", UNKNOWN, "known after apply"),
        ("password", Hidden("abcd"), "secret #abcd"),
        ("cidr_blocks", ["10.0.0.0/8"], '["10.0.0.0/8"]'),
        ("tags.Team", "payments", '"payments"'),
    ],
)
def test_what_holds_no_secret_is_shown(path: str, value: Any, text: str) -> None:
    assert show(path, value) == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("description", "text"),
        ("user_data", "text"),
        ("environment.variables.name", "text"),
        ("tags.name", "text"),
        ("input.pin", 1234),
        ("password", 1234),
        ("cidr_blocks", ["1", "2", "3", "4", "5", "6", "7", "8", "9"]),
        ("rule", [{"a": "text"}]),
        ("rule", {"a": "text"}),
    ],
)
def test_everything_else_is_shown_by_its_hash(path: str, value: Any) -> None:
    text = show(path, value)
    assert "#" in text
    assert "text" not in text
    assert "1234" not in text


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("password", True),
        ("master_password", True),
        ("credentials.user", True),
        ("environment.variables.DB_PASSWORD", True),
        ("environment.variables.STRIPE_API_KEY", True),
        ("environment.variables.TABLE", False),
        ("kms_key_id", False),
    ],
)
def test_names_of_secrets_are_known(path: str, secret: bool) -> None:
    assert is_secret(tuple(path.split(".")), knowledge()) is secret
