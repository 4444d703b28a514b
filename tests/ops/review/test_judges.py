"""Data loss, renames, network exposure, regressions, checks, moves: cases beyond the planted plans."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ops.review.made import entry, findings, reviewed, rules

TABLE = {
    "name": "t",
    "hash_key": "pk",
    "billing_mode": "PAY_PER_REQUEST",
    "deletion_protection_enabled": False,
}
WORLD = "0.0.0.0/0"


def rule(
    source: str = WORLD, low: Any = 443, high: Any = 443, protocol: Any = "tcp", **more: Any
) -> dict[str, Any]:
    return {"protocol": protocol, "from_port": low, "to_port": high, "cidr_blocks": [source], **more}


def group(*listed: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "sg-1", "name": "g", "ingress": list(listed), **more}


def titles(made: Any) -> list[str]:
    return [finding.title for finding in findings(made)]


@pytest.mark.parametrize("actions", [["delete", "create"], ["create", "delete"]])
def test_a_replaced_table_is_lost_in_either_order(actions: list[str]) -> None:
    made = reviewed(
        entry("aws_dynamodb_table.t", TABLE, TABLE, actions=actions, replace_paths=[["hash_key"]])
    )
    assert rules(made) == ["data-loss/replaced"]
    assert findings(made)[0].details == (
        "Replaced because of hash_key.",
        "Nothing protects it.",
        "Payments go through it.",
    )


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        ({"action_reason": "delete_because_no_resource_config"}, "The code does not contain it any more."),
        (
            {"action_reason": "replace_because_tainted"},
            "It is marked for replacement; the code does not require it.",
        ),
        ({"deposed": "abcd1234"}, "It is an old instance that an interrupted replacement left behind."),
    ],
)
def test_why_something_is_lost_is_told(more: Any, detail: str) -> None:
    made = reviewed(entry("aws_dynamodb_table.t", TABLE, None, **more))
    assert detail in findings(made)[0].details
    assert made.rows[0].address.startswith("aws_dynamodb_table.t")


def test_a_deposed_instance_and_its_successor_are_two_rows() -> None:
    made = reviewed(
        entry("aws_dynamodb_table.t", TABLE, TABLE, actions=["no-op"]),
        entry("aws_dynamodb_table.t", TABLE, None, deposed="abcd1234"),
    )
    assert [row.address for row in made.rows] == ["aws_dynamodb_table.t (deposed abcd1234)"]


def test_data_sources_and_reads_are_nobodys_business() -> None:
    made = reviewed(
        entry("data.aws_s3_bucket.b", None, {}, actions=["read"], mode="data"),
        entry("data.aws_s3_bucket.c", {}, None, mode="data"),
    )
    assert (rules(made), made.rows, made.counts.words()) == ([], (), "")


def test_a_rename_needs_the_same_type_and_nearly_the_same_values() -> None:
    old = entry("aws_dynamodb_table.a", TABLE, None)
    assert "rename/probable" in rules(reviewed(old, entry("aws_dynamodb_table.b", None, TABLE)))
    assert "rename/probable" not in rules(reviewed(old, entry("aws_dynamodb_global_table.b", None, TABLE)))
    other = {**TABLE, "name": "another"}
    assert "rename/probable" not in rules(reviewed(old, entry("aws_dynamodb_table.b", None, other)))
    unlike = {"name": "t", "hash_key": "id", "billing_mode": "PROVISIONED", "read_capacity": 1}
    assert "rename/probable" not in rules(reviewed(old, entry("aws_dynamodb_table.b", None, unlike)))


def test_a_rename_with_a_change_is_still_a_rename() -> None:
    changed = {**TABLE, "deletion_protection_enabled": True, "hash_key": "pk", "range_key": "sk"}
    made = reviewed(entry("aws_dynamodb_table.a", TABLE, None), entry("aws_dynamodb_table.b", None, changed))
    assert "rename/probable" in rules(made)


def test_nameless_things_are_twins_by_their_values_and_one_value_alone_is_none() -> None:
    def version(value: str) -> dict[str, Any]:
        return {"bucket_id": "b", "status": value, "kind": "x"}

    made = reviewed(
        entry("aws_x.a", version("on"), None),
        entry("aws_x.b", None, version("on")),
        entry("aws_x.c", None, version("off")),
    )
    (found,) = [finding for finding in findings(made) if finding.rule == "rename/probable"]
    assert found.addresses == ("aws_x.b", "aws_x.a")
    assert rules(
        reviewed(entry("aws_route.a", {"cidr": "x"}, None), entry("aws_route.b", None, {"cidr": "x"}))
    ) == ["payments/stopped"]
    assert "rename/probable" not in rules(
        reviewed(entry("aws_x.a", {"z": 1}, None), entry("aws_x.b", None, {}))
    )


def test_each_of_several_twins_has_its_own() -> None:
    entries = [entry(f"aws_sqs_queue.old{name}", {"name": name, "delay": 1}, None) for name in "ab"]
    entries += [entry(f"aws_sqs_queue.new{name}", None, {"name": name, "delay": 1}) for name in "ba"]
    pairs = {
        finding.addresses for finding in findings(reviewed(*entries)) if finding.rule == "rename/probable"
    }
    assert pairs == {
        ("aws_sqs_queue.newa", "aws_sqs_queue.olda"),
        ("aws_sqs_queue.newb", "aws_sqs_queue.oldb"),
    }


def test_the_line_to_paste_is_found_from_the_stack() -> None:
    made = reviewed(
        entry("aws_dynamodb_table.Payments_1", TABLE, None),
        entry("aws_dynamodb_table.Ledger_2", None, TABLE),
        paths={"aws_dynamodb_table.Ledger_2": "Ledger/Resource"},
    )
    (found,) = [finding for finding in findings(made) if finding.rule == "rename/probable"]
    assert found.paste == (
        'self.node.find_child("Ledger").node.find_child("Resource").move_from_id("aws_dynamodb_table.Payments_1")'
    )


def test_a_rename_that_also_weakens_is_told_both() -> None:
    guarded = {**TABLE, "deletion_protection_enabled": True}
    made = reviewed(entry("aws_dynamodb_table.a", guarded, None), entry("aws_dynamodb_table.b", None, TABLE))
    assert {"rename/probable", "data-loss/destroyed", "data-loss/guard-removed"} == set(rules(made))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (group(), group(rule()), "opens tcp 443 to the internet (0.0.0.0/0)"),
        (group(), group(rule(protocol="-1", low=0, high=0)), "opens every port to the internet (0.0.0.0/0)"),
        (
            group(),
            group(rule(protocol="tcp", low=0, high=65535)),
            "opens every tcp port to the internet (0.0.0.0/0)",
        ),
        (
            group(),
            group(rule(protocol="icmp", low=-1, high=-1)),
            "opens every icmp port to the internet (0.0.0.0/0)",
        ),
        (group(), group(rule("8.0.0.0/7", 1, 2)), "opens tcp 1-2 to the internet (8.0.0.0/7)"),
        (
            group(),
            group({**rule(), "cidr_blocks": [], "ipv6_cidr_blocks": ["::/0"]}),
            "opens tcp 443 to the internet (::/0)",
        ),
        (
            group(rule(low=443, high=443)),
            group(rule(low=443, high=444)),
            "opens tcp 443-444 to the internet (0.0.0.0/0)",
        ),
        (group(), group(rule("203.0.113.7/32")), "lets 203.0.113.7/32 reach tcp 443"),
        (
            group(),
            group({**rule(), "cidr_blocks": [], "security_groups": ["sg-2"]}),
            "lets sg-2 reach tcp 443",
        ),
        (group(rule("10.0.0.0/16")), group(rule("10.0.0.0/8")), "lets 10.0.0.0/8 reach tcp 443"),
        (None, group(rule()), "opens tcp 443 to the internet (0.0.0.0/0)"),
    ],
)
def test_who_may_come_in_after_and_could_not_before_is_told(before: Any, after: Any, expected: str) -> None:
    assert titles(reviewed(entry("aws_security_group.g", before, after))) == [expected]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (group(rule()), group(rule("10.0.0.0/8"))),
        (group(rule(low=0, high=65535)), group(rule(low=80, high=80))),
        (group(rule(protocol="-1", low=0, high=0)), group(rule())),
        (group(rule("not an address")), group(rule("not an address"))),
        (None, group(rule("10.0.0.0/8"))),
        (group(rule()), None),
    ],
)
def test_a_narrower_door_is_not_told_as_an_open_one(before: Any, after: Any) -> None:
    assert not [
        each for each in rules(reviewed(entry("aws_security_group.g", before, after))) if "network" in each
    ]


def test_a_rule_that_moves_into_a_resource_of_its_own_opens_nothing() -> None:
    made = reviewed(
        entry("aws_security_group.g", group(rule()), group()),
        entry(
            "aws_vpc_security_group_ingress_rule.r",
            None,
            {
                "security_group_id": "sg-1",
                "ip_protocol": "tcp",
                "from_port": 443,
                "to_port": 443,
                "cidr_ipv4": WORLD,
            },
        ),
    )
    assert not [each for each in rules(made) if each.startswith("network")]


def test_a_group_that_is_replaced_keeps_its_doors() -> None:
    made = reviewed(
        entry(
            "aws_security_group.g",
            group(rule()),
            {**group(rule()), "id": None},
            actions=["delete", "create"],
            after_unknown={"id": True},
        )
    )
    assert not [each for each in rules(made) if each.startswith("network")]


def test_rules_out_and_rules_that_deny_open_nothing() -> None:
    made = reviewed(
        entry("aws_security_group_rule.out", None, {**rule(), "type": "egress", "security_group_id": "sg-1"}),
        entry("aws_security_group_rule.in", None, {**rule(), "type": "ingress", "security_group_id": "sg-1"}),
        entry(
            "aws_network_acl_rule.deny", None, {"cidr_block": WORLD, "egress": False, "rule_action": "deny"}
        ),
        entry("aws_network_acl.a", {"ingress": []}, {"ingress": [{**rule(), "action": "deny"}, "odd"]}),
    )
    opened = [finding.address for finding in findings(made) if finding.rule == "network/opened"]
    assert opened == ["aws_security_group_rule.in"]


@pytest.mark.parametrize(
    ("address", "before", "after", "expected"),
    [
        (
            "aws_cloudwatch_log_group.g",
            {"retention_in_days": 0},
            {"retention_in_days": 30},
            ["data-loss/kept-shorter"],
        ),
        ("aws_cloudwatch_log_group.g", {"retention_in_days": 30}, {"retention_in_days": 0}, []),
        (
            "aws_lambda_function.f",
            {"reserved_concurrent_executions": -1},
            {"reserved_concurrent_executions": 5},
            ["payments/cut"],
        ),
        (
            "aws_lambda_function.f",
            {"reserved_concurrent_executions": 5},
            {"reserved_concurrent_executions": -1},
            [],
        ),
        (
            "aws_lambda_function.f",
            {"reserved_concurrent_executions": 5},
            {"reserved_concurrent_executions": 0},
            ["payments/stopped"],
        ),
        (
            "aws_dynamodb_table.t",
            {"billing_mode": "PAY_PER_REQUEST"},
            {"billing_mode": "PROVISIONED"},
            ["payments/cut"],
        ),
        (
            "aws_api_gateway_rest_api.a",
            {"endpoint_configuration": [{"types": ["PRIVATE"]}]},
            {"endpoint_configuration": [{"types": ["REGIONAL"]}]},
            ["network/opened"],
        ),
        ("aws_sqs_queue.q", {"redrive_policy": "{}x"}, {"redrive_policy": ""}, ["data-loss/guard-removed"]),
        ("aws_sqs_queue.q", {"kms_master_key_id": "k"}, {}, ["protection/encryption"]),
        ("aws_iam_role.r", {"permissions_boundary": "arn"}, {}, ["iam/boundary-dropped"]),
        (
            "aws_launch_template.t",
            None,
            {"metadata_options": [{"http_tokens": "optional"}]},
            ["protection/weakened"],
        ),
        (
            "aws_s3_bucket_server_side_encryption_configuration.e",
            {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]},
            {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]},
            ["protection/encryption"],
        ),
        ("aws_wafv2_web_acl.w", {"rule": [{"name": "a"}]}, {"rule": []}, ["network/guard-removed"]),
        (
            "aws_wafv2_web_acl.w",
            {"rule": [{"action": [{"block": [{}], "count": []}]}]},
            {"rule": [{"action": [{"block": [], "count": [{}]}]}]},
            ["network/guard-removed"],
        ),
        (
            "aws_dynamodb_table.t",
            {"global_secondary_index": [{"name": "a"}, {"name": "b"}]},
            {"global_secondary_index": [{"name": "b"}]},
            ["payments/stopped"],
        ),
        ("aws_dynamodb_table.t", {"stream_enabled": True}, {"stream_enabled": False}, ["payments/stopped"]),
        ("aws_dynamodb_table.t", {"ttl": []}, {"ttl": [{"enabled": True}]}, ["data-loss/kept-shorter"]),
        (
            "aws_s3_bucket_lifecycle_configuration.l",
            {"rule": [{"expiration": []}]},
            {"rule": [{"expiration": [{"days": 1}]}]},
            ["data-loss/kept-shorter"],
        ),
        (
            "aws_s3_bucket_lifecycle_configuration.l",
            None,
            {"bucket": "b", "rule": [{"expiration": [{"days": 1}]}]},
            ["data-loss/kept-shorter"],
        ),
        ("aws_lambda_function.f", {"vpc_config": [{"subnet_ids": ["a"]}]}, {}, ["network/guard-removed"]),
        (
            "aws_wafv2_web_acl.w",
            {"rule": [{"statement": [{"rate_based_statement": [{"limit": 500}]}]}]},
            {"rule": [{"statement": [{"rate_based_statement": [{"limit": 900}]}]}]},
            ["network/guard-removed"],
        ),
        (
            "aws_api_gateway_method_settings.s",
            {"settings": [{"throttling_rate_limit": 100}, {"throttling_rate_limit": 50}]},
            {"settings": [{"throttling_rate_limit": 100}, {"throttling_rate_limit": 10}]},
            ["payments/cut"],
        ),
    ],
)
def test_an_attribute_that_weakens_is_told(
    address: str, before: Any, after: Any, expected: list[str]
) -> None:
    assert rules(reviewed(entry(address, before, after))) == (expected or rules(reviewed()))


def test_a_key_that_is_not_known_yet_is_not_a_key_that_is_gone() -> None:
    made = reviewed(
        entry("aws_sqs_queue.q", {"kms_master_key_id": "k"}, {}, after_unknown={"kms_master_key_id": True})
    )
    assert rules(made) == ["change/updated"]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["delete"], ["payments/stopped"]),
        (["delete", "create"], ["payments/interrupted"]),
        (["create", "delete"], ["change/replaced"]),
    ],
)
def test_what_payments_go_through_and_is_taken_away_is_told(actions: list[str], expected: list[str]) -> None:
    after = None if actions == ["delete"] else {"uri": "b"}
    assert (
        rules(reviewed(entry("aws_api_gateway_integration.i", {"uri": "a"}, after, actions=actions)))
        == expected
    )


def test_a_plan_that_is_not_whole_is_told_first() -> None:
    errored, partial = reviewed(errored=True), reviewed(complete=False)
    assert (rules(errored), errored.verdict.name) == (["incomplete/errored"], "BLOCKED")
    assert (rules(partial), partial.verdict.name) == (["incomplete/partial"], "REVIEW")


def test_a_check_that_could_not_be_evaluated_is_told() -> None:
    made = reviewed(checks=[{"address": {"to_display": "check.a"}, "status": "error"}])
    assert (rules(made), made.counts.checks, made.verdict.name) == (["check/error"], 1, "DANGEROUS")


def test_a_replacement_that_forgets_the_old_one_is_a_creation_and_a_forgetting() -> None:
    made = reviewed(entry("aws_sqs_queue.q", {"name": "a"}, {"name": "b"}, actions=["create", "forget"]))
    assert rules(made) == ["state/forgotten"]
    assert made.counts.words() == "1 create, 1 forget"


def test_an_import_that_is_replaced_tells_the_loss_too() -> None:
    made = reviewed(
        entry(
            "aws_dynamodb_table.t",
            TABLE,
            {**TABLE, "hash_key": "x"},
            actions=["delete", "create"],
            importing={"id": "t"},
        )
    )
    assert rules(made) == ["data-loss/replaced", "state/import-changes"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"tags": {"a": "1"}}, {"tags": {"a": "2"}}, []),
        ({"memory_size": 1}, {"memory_size": 2}, []),
        ({"handler": "a"}, {"handler": "b"}, ["change/updated"]),
        ({"arn": "a", "tags_all": {}}, {"arn": "b", "tags_all": {"x": "y"}}, []),
    ],
)
def test_a_change_asks_for_a_person_unless_it_is_known_to_be_harmless(
    before: Any, after: Any, expected: list[str]
) -> None:
    configured = {
        "root_module": {"resources": [{"address": "aws_lambda_function.f", "expressions": {"tags": {}}}]}
    }
    assert (
        rules(reviewed(entry("aws_lambda_function.f", before, after), configuration=configured)) == expected
    )


def test_policies_that_say_the_same_in_other_words_ask_for_nobody() -> None:
    one, other = '"Effect": "Deny", "Action": "a:B"', '"Effect": "Deny", "Action": ["c:D"]'
    before = f'{{"Statement": [{{"Sid": "A", {one}}}, {{{other}}}]}}'
    after = f'{{"Statement": [{{{other}}}, {{"Sid": "B", {one}}}]}}'
    assert rules(reviewed(entry("aws_sqs_queue_policy.p", {"policy": before}, {"policy": after}))) == []
    narrower = after.replace("c:D", "c:E")
    assert "change/updated" not in rules(
        reviewed(entry("aws_sqs_queue_policy.p", {"policy": before}, {"policy": narrower}))
    )
    assert rules(reviewed(entry("aws_sqs_queue_policy.p", {"policy": before}, {"policy": "broken"}))) == [
        "iam/cannot-evaluate"
    ]


def test_a_protection_that_goes_with_what_it_protects_is_not_told_as_removed() -> None:
    bucket = entry("aws_s3_bucket.b", {"bucket": "b"}, None)
    block = entry("aws_s3_bucket_public_access_block.b", {"bucket": "b"}, None)
    assert "network/guard-removed" in rules(reviewed(block))
    assert "network/guard-removed" not in rules(reviewed(bucket, block))


def test_a_lifecycle_that_comes_with_its_bucket_deletes_nothing_that_is_there() -> None:
    after = {"rule": [{"expiration": [{"days": 1}]}]}
    made = reviewed(
        entry("aws_s3_bucket_lifecycle_configuration.l", None, after, after_unknown={"bucket": True})
    )
    assert rules(made) == []


def test_what_hangs_on_a_bucket_that_stays_is_told_also_where_all_of_it_goes_at_once() -> None:
    """All their ids are the bucket's name."""
    denial = '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}'
    made = reviewed(
        entry("aws_s3_bucket.b", {"bucket": "b", "id": "b"}, {"bucket": "b", "id": "b"}, actions=["no-op"]),
        entry("aws_s3_bucket_policy.p", {"bucket": "b", "id": "b", "policy": denial}, None),
        entry("aws_s3_bucket_public_access_block.a", {"bucket": "b", "id": "b"}, None),
        entry("aws_s3_bucket_versioning.v", {"bucket": "b", "id": "b"}, None),
    )
    assert sorted(rules(made)) == ["data-loss/guard-removed", "iam/deny-dropped", "network/guard-removed"]


def test_a_resource_that_is_secret_as_a_whole_is_told_as_a_whole() -> None:
    change = entry("aws_x.y", {"a": "planted-one"}, {"a": "planted-two"}, after_sensitive=True)
    (found,) = findings(reviewed(change))
    assert (found.rule, found.title.startswith("the whole value: secret #")) == ("secret/changed", True)


def test_an_address_of_another_kind_is_no_narrower_door() -> None:
    before, after = (
        group(rule("10.0.0.0/8")),
        group({**rule(), "cidr_blocks": [], "ipv6_cidr_blocks": ["fd00::/8"]}),
    )
    assert rules(reviewed(entry("aws_security_group.g", before, after))) == ["network/widened"]
