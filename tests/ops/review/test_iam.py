from __future__ import annotations

import json
from typing import Any

import pytest

from ops.review.judges.iam_actions import actions, expanded, has_resources, manages_permissions
from ops.review.judges.iam_diff import covers
from ops.review.judges.iam_policy import NotAPolicy, equivalent, statements
from ops.review.report import Review
from tests.ops.review.made import entry, findings, reviewed

OWN = "111122223333"
ARN = f"arn:aws:iam::{OWN}:role/r"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/t"


def allow(action: Any = "dynamodb:GetItem", resource: Any = TABLE, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def policy(*listed: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(listed)})


def identity(before: Any, after: Any) -> Review:
    """Reviews a change of a role's inline policy."""
    sides = [None if side is None else {"role": "r", "arn": ARN, "policy": side} for side in (before, after)]
    return reviewed(entry("aws_iam_role_policy.p", *sides))


def resource(before: Any, after: Any) -> Review:
    """Reviews a change of a bucket's policy."""
    sides = [
        None if side is None else {"bucket": "b", "arn": ARN, "policy": side} for side in (before, after)
    ]
    return reviewed(entry("aws_s3_bucket_policy.p", *sides))


def trust(before: Any, after: Any) -> Review:
    sides = [
        None if side is None else {"name": "r", "arn": ARN, "assume_role_policy": side}
        for side in (before, after)
    ]
    return reviewed(entry("aws_iam_role.r", *sides))


def rules_and_titles(made: Review) -> list[tuple[str, str]]:
    return [(each.rule, each.title) for each in findings(made) if each.rule.startswith("iam/")]


def rules(made: Review) -> list[str]:
    return [rule for rule, _ in rules_and_titles(made)]


BEFORE = policy(allow())


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (policy(allow(["dynamodb:GetItem", "dynamodb:PutItem"])), "iam/granted"),
        (policy(allow(resource=[TABLE, f"{TABLE}2"])), "iam/granted"),
        (policy(allow("dynamodb:Get*")), "iam/wildcard-action"),
        (policy(allow("dynamodb:*")), "iam/wildcard-action"),
        (policy(allow("*", "*")), "iam/everything"),
        (policy(allow(resource="*")), "iam/wildcard-resource"),
        (policy(allow(), allow("iam:PassRole", ARN)), "iam/pass-role"),
        (policy(allow(), allow("iam:AttachRolePolicy", ARN)), "iam/permissions-management"),
        (policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), "iam/everything"),
        (policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": TABLE}), "iam/wildcard-action"),
        (
            policy({"Effect": "Allow", "Action": "dynamodb:GetItem", "NotResource": TABLE}),
            "iam/wildcard-resource",
        ),
        # X-Ray's actions know no resource, so a wildcard is the only way to name one.
        (policy(allow(), allow("xray:PutTraceSegments", "*")), "iam/granted"),
    ],
)
def test_each_gain_falls_under_the_gravest_rule_that_it_breaks(after: str, expected: str) -> None:
    assert rules(identity(BEFORE, after)) == [expected]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BEFORE, BEFORE),
        (BEFORE, json.dumps(json.loads(BEFORE), indent=4, sort_keys=True)),
        (policy(allow(["dynamodb:GetItem", "dynamodb:PutItem"])), BEFORE),
        (policy(allow("dynamodb:*")), BEFORE),
        (policy(allow("DYNAMODB:getitem")), BEFORE),
        (policy(allow(resource="arn:aws:dynamodb:*:*:table/*")), BEFORE),
        (
            policy(allow("dynamodb:GetItem"), allow("dynamodb:PutItem")),
            policy(allow(["dynamodb:PutItem", "dynamodb:GetItem"])),
        ),
        (BEFORE, policy(allow(Condition={"Bool": {"aws:SecureTransport": True}}))),
        (BEFORE, policy(allow(), deny())),
        (BEFORE, policy()),
        (BEFORE, None),
    ],
)
def test_less_or_the_same_is_no_gain(before: str, after: str | None) -> None:
    assert rules_and_titles(identity(before, after)) == []


def test_what_can_be_done_is_told_by_whom_and_on_what() -> None:
    (found,) = findings(
        identity(BEFORE, policy(allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"])))
    )
    assert found.title == f"r can now dynamodb:DeleteItem, dynamodb:PutItem on {TABLE}"


def test_a_wildcard_is_told_as_it_is_written_with_what_it_adds() -> None:
    (found,) = findings(identity(BEFORE, policy(allow("sqs:*"))))
    number = len(expanded("sqs:*"))
    assert found.title == f"r can now sqs:* ({number} actions) on {TABLE}"
    assert found.details == (
        "These can grant permissions to others: sqs:AddPermission, "
        "sqs:RemovePermission, sqs:SetQueueAttributes.",
    )


def test_many_actions_are_counted_after_the_first_six() -> None:
    names = [f"dynamodb:{name}Item" for name in ("Put", "Delete", "Update", "BatchGet", "BatchWrite")]
    more = ["dynamodb:Query", "dynamodb:Scan"]
    ((_, title),) = rules_and_titles(identity(BEFORE, policy(allow([*names, *more]))))
    assert " and 1 more on " in title


def test_a_pattern_that_no_action_of_aws_fits_is_said_to_be_beyond_evaluation() -> None:
    (found,) = findings(identity(BEFORE, policy(allow(), allow("nosuchservice:Do*"))))
    assert found.rule == "iam/wildcard-action"
    assert "Cannot evaluate nosuchservice:Do*: it matches no known action of AWS." in found.details


VIA = {"StringEquals": {"kms:ViaService": ["a", "b"]}}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, ["iam/condition-dropped"]),
        ({"StringEquals": {"kms:ViaService": ["a", "b", "c"]}}, ["iam/condition-dropped"]),
        ({"StringLike": {"kms:ViaService": ["a"]}}, ["iam/condition-dropped"]),
        (VIA, []),
        ({"StringEquals": {"KMS:viaservice": "a"}}, []),
        ({**VIA, "Bool": {"aws:SecureTransport": "true"}}, []),
    ],
)
def test_a_condition_that_no_longer_holds_is_told(condition: Any, expected: list[str]) -> None:
    more = {} if condition is None else {"Condition": condition}
    made = identity(policy(allow("kms:Decrypt", Condition=VIA)), policy(allow("kms:Decrypt", **more)))
    assert rules(made) == expected


def test_a_negated_condition_is_weaker_when_it_names_less() -> None:
    def unless(*values: str) -> str:
        return policy(allow(Condition={"StringNotEquals": {"aws:PrincipalTag/team": list(values)}}))

    assert rules(identity(unless("a", "b"), unless("a"))) == ["iam/condition-dropped"]
    assert rules(identity(unless("a"), unless("a", "b"))) == []


def test_the_dropped_condition_is_named_and_an_external_id_is_not_shown() -> None:
    before = {"Condition": {"StringEquals": {"sts:ExternalId": "half-a-secret"}, "Bool": {"aws:x": True}}}
    (found,) = findings(identity(policy(allow(**before)), policy(allow())))
    assert found.details[0] == "No longer only if Bool aws:x true."
    assert found.details[1].startswith("No longer only if StringEquals sts:externalid secret #")


PUBLIC = {"Principal": "*"}
SOURCE = {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::x"}}}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (allow(**PUBLIC), ["iam/public"]),
        (allow(Principal={"AWS": ["*"]}), ["iam/public"]),
        (
            {"Effect": "Allow", "NotPrincipal": {"AWS": ARN}, "Action": "s3:GetObject", "Resource": "*"},
            ["iam/public"],
        ),
        (allow(**PUBLIC, **SOURCE), ["iam/granted"]),
        (allow(Principal={"AWS": "arn:aws:iam::999988887777:root"}), ["iam/other-account"]),
        (allow(Principal={"AWS": "999988887777"}), ["iam/other-account"]),
        (allow(Principal={"AWS": f"arn:aws:iam::{OWN}:root"}), []),
        (allow(Principal={"AWS": ARN}), ["iam/granted"]),
        (allow(Principal={"Service": "events.amazonaws.com"}, **SOURCE), ["iam/granted"]),
        (allow(Principal={"Federated": "accounts.google.com"}), ["iam/granted"]),
    ],
)
def test_who_may_use_a_resource_is_judged_by_who_it_is(after: Any, expected: list[str]) -> None:
    assert rules(resource(policy(), policy(after))) == expected


def test_everybody_but_somebody_is_told_so() -> None:
    tree = {"Effect": "Allow", "NotPrincipal": {"AWS": ARN}, "NotAction": "s3:*", "NotResource": "arn:a"}
    (found,) = findings(resource(policy(), policy(tree)))
    assert found.title.startswith("anyone can now do ")
    assert {
        "All principals except arn:aws:iam::111122223333:role/r.",
        "All actions except s3:*.",
        "All resources except arn:a.",
    } <= set(found.details)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (policy(deny(**PUBLIC)), policy(), ["iam/deny-dropped"]),
        (policy(deny(**PUBLIC)), policy(deny("s3:PutObject", **PUBLIC)), ["iam/deny-dropped"]),
        (policy(deny(**PUBLIC)), policy(deny(**PUBLIC, **SOURCE)), ["iam/deny-dropped"]),
        (policy(deny("s3:PutObject", **PUBLIC, **SOURCE)), policy(deny(**PUBLIC)), []),
        (policy(deny(**PUBLIC)), None, ["iam/deny-dropped"]),
    ],
)
def test_what_is_no_longer_denied_is_told(before: str, after: str | None, expected: list[str]) -> None:
    assert rules(resource(before, after)) == expected


def test_a_denial_that_goes_with_its_bucket_is_not_missed() -> None:
    made = reviewed(
        entry("aws_s3_bucket.b", {"bucket": "b", "id": "b"}, None),
        entry("aws_s3_bucket_policy.p", {"bucket": "b", "policy": policy(deny(**PUBLIC))}, None),
    )
    assert rules(made) == []


def assumed(**principal: Any) -> str:
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            assumed(Service="lambda.amazonaws.com"),
            assumed(Service=["lambda.amazonaws.com", "ec2.amazonaws.com"]),
            ["iam/trust"],
        ),
        (assumed(Service="lambda.amazonaws.com"), assumed(AWS=ARN), ["iam/trust"]),
        (assumed(Service="lambda.amazonaws.com"), assumed(AWS="*"), ["iam/public"]),
        (None, assumed(Service="lambda.amazonaws.com"), ["iam/granted"]),
        (None, assumed(Federated="arn:aws:iam::111122223333:oidc-provider/x"), ["iam/trust"]),
        (assumed(AWS=ARN, Service="a.amazonaws.com"), assumed(AWS=ARN), []),
    ],
)
def test_who_may_become_a_role_is_told(before: str | None, after: str, expected: list[str]) -> None:
    assert rules(trust(before, after)) == expected


def test_a_trust_is_told_as_becoming() -> None:
    made = trust(assumed(Service="lambda.amazonaws.com"), assumed(Service="ec2.amazonaws.com"))
    assert rules_and_titles(made) == [("iam/trust", "ec2.amazonaws.com can now assume r")]


@pytest.mark.parametrize(
    ("after", "more", "why"),
    [
        ({"role": "r"}, {"after_unknown": {"policy": True}}, "known only after apply"),
        (
            {"role": "r", "policy": "planted-secret"},
            {"after_sensitive": {"policy": True}},
            "the plan marks it as sensitive",
        ),
        ({"role": "r", "policy": "no json"}, {}, "it is not a valid IAM policy"),
        ({"role": "r", "policy": "{}"}, {}, "it is not a valid IAM policy"),
        (
            {"role": "r", "policy": policy({"Effect": "Perhaps"})},
            {},
            "it is not a valid IAM policy",
        ),
        (
            {"role": "r", "policy": policy({"Effect": "Allow", "Principal": 7})},
            {},
            "it is not a valid IAM policy",
        ),
        ({"role": "r", "policy": policy(allow([7]))}, {}, "it is not a valid IAM policy"),
    ],
)
def test_what_cannot_be_evaluated_is_said_to_be_so(after: Any, more: Any, why: str) -> None:
    made = reviewed(entry("aws_iam_role_policy.p", {"role": "r", "policy": BEFORE}, after, **more))
    ((rule, title),) = rules_and_titles(made)
    assert rule == "iam/cannot-evaluate"
    assert title.startswith("policy: cannot evaluate")
    assert why in title


def test_a_policy_that_the_code_does_not_set_is_not_missed_when_it_is_unknown() -> None:
    made = reviewed(
        entry("aws_sqs_queue.q", None, {"name": "q"}, after_unknown={"policy": True}),
        configuration={
            "root_module": {"resources": [{"address": "aws_sqs_queue.q", "expressions": {"name": {}}}]}
        },
    )
    assert rules_and_titles(made) == []


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:iam::aws:policy/AdministratorAccess", "iam/everything"),
        ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "iam/managed-policy"),
        ("arn:aws:iam::111122223333:policy/own", "iam/cannot-evaluate"),
    ],
)
def test_an_attached_policy_is_judged_by_its_name_or_said_to_be_unknown(arn: str, expected: str) -> None:
    made = reviewed(entry("aws_iam_role_policy_attachment.a", None, {"role": "r", "policy_arn": arn}))
    assert rules(made) == [expected]
    same = {"role": "r", "policy_arn": arn}
    assert rules(reviewed(entry("aws_iam_role_policy_attachment.a", same, {**same, "id": "x"}))) == []
    assert rules(reviewed(entry("aws_iam_role_policy_attachment.a", same, None))) == []


def test_an_attached_policy_that_is_not_made_yet_cannot_be_evaluated() -> None:
    made = reviewed(
        entry("aws_iam_user_policy_attachment.a", None, {"user": "u"}, after_unknown={"policy_arn": True})
    )
    assert rules(made) == ["iam/cannot-evaluate"]


def invocation(**more: Any) -> dict[str, Any]:
    return {
        "function_name": "f",
        "action": "lambda:InvokeFunction",
        "principal": "events.amazonaws.com",
        **more,
    }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, invocation(source_arn="arn:aws:events:x"), ["iam/granted"]),
        (None, invocation(principal="*"), ["iam/public"]),
        (None, invocation(principal="*", source_account=OWN), ["iam/granted"]),
        (None, invocation(principal="999988887777", arn=ARN), ["iam/granted"]),
        (invocation(source_arn="arn:a"), invocation(source_arn="arn:a", id="x"), []),
        (invocation(source_arn="arn:a"), invocation(source_arn=""), ["iam/condition-dropped"]),
        (invocation(), None, []),
    ],
)
def test_a_permission_of_a_function_is_a_statement_too(before: Any, after: Any, expected: list[str]) -> None:
    assert rules(reviewed(entry("aws_lambda_permission.p", before, after))) == expected


def test_a_grant_on_a_key_is_a_statement_too() -> None:
    tree = {"key_id": "k", "grantee_principal": ARN, "operations": ["Decrypt", "CreateGrant"]}
    made = reviewed(entry("aws_kms_grant.g", None, tree))
    assert rules_and_titles(made) == [
        ("iam/permissions-management", f"{ARN} can now kms:CreateGrant, kms:Decrypt on k")
    ]


def test_the_inline_policies_of_a_role_are_read_too() -> None:
    made = reviewed(
        entry(
            "aws_iam_role.r",
            {"name": "r", "inline_policy": [{"name": "p", "policy": BEFORE}]},
            {"name": "r", "inline_policy": [{"name": "p", "policy": policy(allow("dynamodb:*"))}]},
        )
    )
    assert rules(made) == ["iam/wildcard-action"]


def test_a_statement_alone_needs_no_list() -> None:
    (found,) = statements({"Statement": allow("a:B")})
    assert found.actions == {"a:B"}
    with pytest.raises(NotAPolicy):
        statements("[" * 100_000)


def test_actions_come_from_the_library() -> None:
    assert "dynamodb:GetItem" in expanded("dynamodb:getitem")
    assert expanded("s3:NotYetKnown") == {"s3:NotYetKnown"}
    assert "iam:CreateUser" not in actions(frozenset(["iam:*"]), inverted=True)
    assert manages_permissions("s3:PutBucketPolicy")
    assert not manages_permissions("nosuch:Action")
    assert has_resources("nosuch:Action")
    assert not has_resources("xray:PutTraceSegments")


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("arn:a/*", "arn:a/b", True),
        ("arn:a/*", "arn:a/b*", True),
        ("arn:a/?", "arn:a/bc", False),
        ("*", "*", True),
        ("arn:a.b", "arn:aXb", False),
    ],
)
def test_a_pattern_of_resources_covers_another(pattern: str, name: str, expected: bool) -> None:
    assert covers(pattern, name) is expected


def test_a_policy_that_cannot_be_read_equals_no_other() -> None:
    assert not equivalent("{}", "{}")
