from __future__ import annotations

from typing import Any

import pytest

from ops.review.report import Review
from tests.ops.review.made import entry, findings, reviewed, rules


def drifted(*entries: dict[str, Any], plan: tuple[dict[str, Any], ...] = (), **more: Any) -> Review:
    return reviewed(*plan, resource_drift=list(entries), **more)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"tags": None}, {"tags": {}}),
        ({"layers": None}, {"layers": []}),
        ({"tags_all": {"a": "b"}}, {"tags_all": {}}),
        ({"last_modified": "a"}, {"last_modified": "b"}),
        ({"query": [{"period": None, "on": None}]}, {"query": [{"period": 0, "on": False}]}),
        ({"policy": '{"a": 1}'}, {"policy": '{ "a" : 1 }'}),
    ],
)
def test_noise_is_no_drift(before: Any, after: Any) -> None:
    assert rules(drifted(entry("aws_sqs_queue.q", before, after))) == []


def test_equal_transitions_are_told_once_with_what_the_plan_does_about_them() -> None:
    entries = [entry(f"aws_sqs_queue.q{at}", {"delay": 1}, {"delay": 2}) for at in range(3)]
    (found,) = findings(drifted(*entries))
    assert found.addresses == ("aws_sqs_queue.q0", "aws_sqs_queue.q1", "aws_sqs_queue.q2")
    assert found.details == ("delay: 1 → 2", "The plan keeps the change.")


def test_a_computed_attribute_that_the_code_sets_does_drift() -> None:
    configured = {
        "root_module": {"resources": [{"address": "aws_sqs_queue.q", "expressions": {"version": {}}}]}
    }
    change = entry("aws_sqs_queue.q", {"version": 1}, {"version": 2})
    assert rules(drifted(change, configuration=configured)) == ["drift/changed"]
    assert rules(drifted(change)) == []


def test_what_the_plan_does_about_a_drift_is_told() -> None:
    change = entry("aws_sqs_queue.q", {"delay": 1}, {"delay": 2})
    back = (entry("aws_sqs_queue.q", {"delay": 2}, {"delay": 1}),)
    other = (entry("aws_sqs_queue.q", {"delay": 2}, {"delay": 3}),)
    assert findings(drifted(change, plan=back))[0].details[-1] == "The plan reverts the change."
    assert findings(drifted(change, plan=other))[0].details == ("delay: 1 → 2",)


def test_what_is_gone_is_told_with_its_fate() -> None:
    change = entry("aws_sqs_queue.q", {"delay": 1}, None)
    anew = (entry("aws_sqs_queue.q", None, {"delay": 1}),)
    (found, *_) = findings(drifted(change, plan=anew))
    assert (found.rule, found.details) == ("drift/gone", ("The plan creates it again.",))


def test_data_sources_do_not_drift() -> None:
    assert rules(drifted(entry("data.aws_vpc.v", {"a": 1}, {"a": 2}, mode="data"))) == []


LIVES = [
    (
        entry(
            "aws_lambda_event_source_mapping.m",
            {"last_processing_result": "No records"},
            {"last_processing_result": "OK"},
        ),
        None,
    ),
    (
        entry(
            "aws_autoscaling_group.g",
            {"name": "g", "desired_capacity": 1},
            {"name": "g", "desired_capacity": 2},
        ),
        ("aws_autoscaling_policy.p", {"autoscaling_group_name": "g"}),
    ),
    (
        entry(
            "aws_secretsmanager_secret_version.v",
            {"arn": "arn:s", "version_stages": ["AWSCURRENT"]},
            {"arn": "arn:s", "version_stages": ["AWSPREVIOUS"]},
        ),
        ("aws_secretsmanager_secret_rotation.r", {"secret_id": "arn:s"}),
    ),
    (
        entry("aws_eip.e", {"id": "e", "network_interface": ""}, {"id": "e", "network_interface": "eni-1"}),
        ("aws_nat_gateway.n", {"allocation_id": "e", "network_interface_id": "eni-1"}),
    ),
    (
        entry(
            "aws_api_gateway_stage.s",
            {"arn": "arn:s", "web_acl_arn": ""},
            {"arn": "arn:s", "web_acl_arn": "arn:w"},
        ),
        ("aws_wafv2_web_acl_association.a", {"resource_arn": "arn:s", "web_acl_arn": "arn:w"}),
    ),
]


@pytest.mark.parametrize(("change", "cause"), LIVES)
def test_an_environment_that_lives_does_not_drift(
    change: dict[str, Any], cause: tuple[str, dict[str, Any]] | None
) -> None:
    causes = (entry(cause[0], cause[1], cause[1], actions=["no-op"]),) if cause else ()
    assert rules(drifted(change, plan=causes)) == []
    if cause:
        assert rules(drifted(change)) == ["drift/changed"]


def test_another_firewall_than_the_code_attaches_drifts() -> None:
    ours = {"resource_arn": "arn:s", "web_acl_arn": "arn:w"}
    attached = entry("aws_wafv2_web_acl_association.a", ours, ours, actions=["no-op"])
    change = entry(
        "aws_api_gateway_stage.s",
        {"arn": "arn:s", "web_acl_arn": "arn:w"},
        {"arn": "arn:s", "web_acl_arn": "arn:x"},
    )
    assert rules(drifted(change, plan=(attached,))) == ["drift/changed"]


@pytest.mark.parametrize(
    "change",
    [
        entry("aws_lambda_function.f", {"code_sha256": "a"}, {"code_sha256": "b"}),
        entry("aws_cloudwatch_event_rule.r", {"state": "ENABLED"}, {"state": "DISABLED"}),
        entry("aws_s3_object.o", {"etag": "a"}, {"etag": "b"}),
    ],
)
def test_what_only_a_person_changes_drifts_although_the_code_leaves_it_to_aws(change: dict[str, Any]) -> None:
    assert rules(drifted(change)) == ["drift/changed"]


GROUP = "aws_security_group.g"
INSIDE = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}


def rule(group: str = "sg-1", **more: Any) -> dict[str, Any]:
    tree = {"security_group_id": group, "from_port": 443, "to_port": 443, "cidr_ipv4": "10.0.0.0/8", **more}
    return entry("aws_vpc_security_group_ingress_rule.r", tree, tree, actions=["no-op"])


@pytest.mark.parametrize(
    ("rules_of_plan", "expected"),
    [
        ([rule()], []),
        ([rule(group="sg-2")], ["drift/changed"]),
        ([rule(from_port=80)], ["drift/changed"]),
        ([], ["drift/changed"]),
    ],
)
def test_a_groups_rules_are_no_drift_when_rules_of_the_plan_account_for_them(
    rules_of_plan: list[dict[str, Any]], expected: list[str]
) -> None:
    change = entry(GROUP, {"id": "sg-1", "ingress": []}, {"id": "sg-1", "ingress": [INSIDE]})
    assert rules(drifted(change, plan=tuple(rules_of_plan))) == expected


def test_a_rule_that_somebody_removed_is_told_by_the_rule_itself() -> None:
    change = entry(GROUP, {"id": "sg-1", "ingress": [INSIDE]}, {"id": "sg-1", "ingress": []})
    assert rules(drifted(change, plan=(rule(),))) == []


def test_what_another_resource_alone_sets_is_its_own_business() -> None:
    policy = entry("aws_s3_bucket_policy.p", {"bucket": "b"}, {"bucket": "b"}, actions=["no-op"])
    change = entry("aws_s3_bucket.b", {"bucket": "b", "policy": ""}, {"bucket": "b", "policy": "{}x"})
    assert rules(drifted(change, plan=(policy,))) == []
    assert rules(drifted(change)) == ["drift/changed"]


def test_policies_that_are_attached_by_other_resources_are_no_drift() -> None:
    attached = {"role": "r", "policy_arn": "arn:a"}
    change = entry(
        "aws_iam_role.r",
        {"id": "r", "managed_policy_arns": []},
        {"id": "r", "managed_policy_arns": ["arn:a"]},
    )
    known = entry("aws_iam_role_policy_attachment.a", attached, attached, actions=["no-op"])
    assert rules(drifted(change, plan=(known,))) == []
    other = entry(
        "aws_iam_role_policy_attachment.a",
        {**attached, "policy_arn": "arn:b"},
        attached | {"policy_arn": "arn:b"},
        actions=["no-op"],
    )
    assert rules(drifted(change, plan=(other,))) == ["drift/changed"]


def test_a_secret_that_drifted_is_told_by_its_hash() -> None:
    change = entry(
        "aws_db_instance.d",
        {"password": "planted-one"},
        {"password": "planted-two"},
        before_sensitive={"password": True},
    )
    (found,) = findings(drifted(change))
    assert found.details[0].startswith("password: secret #")
