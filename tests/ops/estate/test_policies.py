import json
from typing import Any

import pytest

from ops.estate.use.policies import AccessRequest, denied_actions

ACCOUNT = "123456789012"
ROOT = ("AWS", f"arn:aws:iam::{ACCOUNT}:root")
LOGS = ("Service", "logs.eu-west-1.amazonaws.com")
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": LOGS[1]},
    "Action": "kms:*",
    "Resource": "*",
}


def denied(*statements: dict[str, Any], principal: tuple[str, str] = LOGS, **context: str) -> list[str]:
    request = AccessRequest(
        principal=principal,
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resource="arn:x",
        context={name.replace("_", ":"): value for name, value in context.items()},
    )
    return denied_actions(json.dumps({"Statement": list(statements)}), request)


BOTH = ["kms:Decrypt", "kms:GenerateDataKey"]


def test_nobody_is_admitted_by_a_policy_without_statements() -> None:
    assert denied() == BOTH
    assert denied_actions("{}", AccessRequest(principal=LOGS, actions=("kms:Decrypt",), resource="*")) == [
        "kms:Decrypt"
    ]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ("kms:*", []),
        ("*", []),
        (["kms:decrypt", "kms:GenerateDataKey*"], []),
        ("kms:Decrypt", ["kms:GenerateDataKey"]),
        ("kms:Encrypt*", BOTH),
    ],
)
def test_an_action_is_admitted_by_its_name_or_a_pattern_of_it(actions: Any, expected: list[str]) -> None:
    assert denied({**ALLOW, "Action": actions}) == expected


def test_what_is_not_excepted_is_admitted() -> None:
    others = {key: value for key, value in ALLOW.items() if key not in ("Action", "Principal")}
    assert denied({**others, "NotAction": "kms:Decrypt", "Principal": "*"}) == ["kms:Decrypt"]
    assert denied({**others, "Action": "kms:*", "NotPrincipal": {"Service": "sns.amazonaws.com"}}) == []
    assert denied({**others, "Action": "kms:*", "NotPrincipal": {"Service": LOGS[1]}}) == BOTH


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
    assert denied({**ALLOW, "Principal": principal}) == ([] if admitted else BOTH)


@pytest.mark.parametrize("name", [ROOT[1], ACCOUNT])
def test_an_account_is_named_by_its_root_or_its_id(name: str) -> None:
    assert denied({**ALLOW, "Principal": {"AWS": name}}, principal=ROOT) == []


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
    actions = denied({**ALLOW, "Condition": condition}, aws_SourceAccount=ACCOUNT)
    assert actions == ([] if admitted else BOTH)


def test_what_a_service_does_not_tell_meets_no_condition() -> None:
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:events:*"}}
    assert denied({**ALLOW, "Condition": condition}, aws_SourceArn="") == BOTH


def test_another_resource_admits_nothing() -> None:
    assert denied({**ALLOW, "Resource": "arn:y"}) == BOTH
    assert denied({**ALLOW, "Resource": ["arn:y", "arn:*"]}) == []


def test_a_refusal_wins_unless_it_is_meant_for_others() -> None:
    deny = {**ALLOW, "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt"}
    assert denied(ALLOW, deny) == ["kms:Decrypt"]
    assert denied(ALLOW, {**deny, "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o"}}}) == []
    conditional = {**deny, "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    assert denied(ALLOW, conditional, aws_SourceAccount=ACCOUNT) == ["kms:Decrypt"]
