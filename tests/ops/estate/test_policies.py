import json
from typing import Any

import pytest

from ops.estate.use.policies import Asking, refused

ACCOUNT = "123456789012"
ROOT = ("AWS", f"arn:aws:iam::{ACCOUNT}:root")
LOGS = ("Service", "logs.eu-west-1.amazonaws.com")
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": LOGS[1]},
    "Action": "kms:*",
    "Resource": "*",
}


def missing(*statements: dict[str, Any], principal: tuple[str, str] = LOGS, **known: str) -> list[str]:
    asking = Asking(
        principal=principal,
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resource="arn:x",
        known={name.replace("_", ":"): value for name, value in known.items()},
    )
    return refused(json.dumps({"Statement": list(statements)}), asking)


BOTH = ["kms:Decrypt", "kms:GenerateDataKey"]


def test_nobody_is_admitted_by_a_policy_without_statements() -> None:
    assert missing() == BOTH
    assert refused("{}", Asking(principal=LOGS, actions=("kms:Decrypt",), resource="*")) == ["kms:Decrypt"]


@pytest.mark.parametrize(
    ("actions", "left"),
    [
        ("kms:*", []),
        ("*", []),
        (["kms:decrypt", "kms:GenerateDataKey*"], []),
        ("kms:Decrypt", ["kms:GenerateDataKey"]),
        ("kms:Encrypt*", BOTH),
    ],
)
def test_an_action_is_admitted_by_its_name_or_a_pattern_of_it(actions: Any, left: list[str]) -> None:
    assert missing({**ALLOW, "Action": actions}) == left


def test_what_is_not_excepted_is_admitted() -> None:
    others = {key: value for key, value in ALLOW.items() if key not in ("Action", "Principal")}
    assert missing({**others, "NotAction": "kms:Decrypt", "Principal": "*"}) == ["kms:Decrypt"]
    assert missing({**others, "Action": "kms:*", "NotPrincipal": {"Service": "sns.amazonaws.com"}}) == []
    assert missing({**others, "Action": "kms:*", "NotPrincipal": {"Service": LOGS[1]}}) == BOTH


@pytest.mark.parametrize(
    ("principal", "admitted"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"Service": [LOGS[1], "sns.amazonaws.com"]}, True),
        ({"Service": "logs.amazonaws.com"}, False),
        ({"AWS": ROOT[1]}, False),
    ],
)
def test_a_service_is_admitted_by_its_own_name_or_with_everybody(principal: Any, admitted: bool) -> None:
    assert missing({**ALLOW, "Principal": principal}) == ([] if admitted else BOTH)


@pytest.mark.parametrize("name", [ROOT[1], ACCOUNT])
def test_an_account_is_named_by_its_root_or_its_id(name: str) -> None:
    assert missing({**ALLOW, "Principal": {"AWS": name}}, principal=ROOT) == []


@pytest.mark.parametrize(
    ("condition", "admitted"),
    [
        ({"StringEquals": {"AWS:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": ["210987654321", ACCOUNT]}}, True),
        ({"StringEquals": {"aws:SourceAccount": "210987654321"}}, False),
        ({"StringLike": {"aws:SourceAccount": "1234*"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:*"}, "StringEquals": {"aws:SourceAccount": "2"}}, False),
    ],
)
def test_a_condition_decides_on_what_is_known(condition: Any, admitted: bool) -> None:
    left = missing({**ALLOW, "Condition": condition}, aws_SourceAccount=ACCOUNT)
    assert left == ([] if admitted else BOTH)


def test_what_a_service_does_not_tell_meets_no_condition() -> None:
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:events:*"}}
    assert missing({**ALLOW, "Condition": condition}, aws_SourceArn="") == BOTH


def test_another_resource_admits_nothing() -> None:
    assert missing({**ALLOW, "Resource": "arn:y"}) == BOTH
    assert missing({**ALLOW, "Resource": ["arn:y", "arn:*"]}) == []


def test_a_refusal_wins_unless_it_is_meant_for_others() -> None:
    deny = {**ALLOW, "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt"}
    assert missing(ALLOW, deny) == ["kms:Decrypt"]
    assert missing(ALLOW, {**deny, "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o"}}}) == []
    known = {**deny, "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    assert missing(ALLOW, known, aws_SourceAccount=ACCOUNT) == ["kms:Decrypt"]
