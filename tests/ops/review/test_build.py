"""Counts, hashes, groups, rows and the graph."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ops.review.build import Extras, case_of, review
from ops.review.canonical import canonical
from ops.review.plan.plan import Action
from ops.review.plan.secrets import Redactor
from ops.review.plan.stack import construct
from ops.review.renderers.mermaid import picture
from ops.review.report import Block, Counts, Graph, Report, Review
from ops.review.verdict import Kind, Verdict
from tests.ops.review.made import TODAY, entry, plan, reviewed

QUEUE = entry("aws_sqs_queue.q", {"name": "payments-dev", "delay": 1}, {"name": "payments-dev", "delay": 2})


def hashed(*entries: dict[str, Any], key: bytes = b"key", **more: Any) -> str:
    redactor = Redactor(key)
    return canonical(plan(*entries, redactor=redactor, **more), redactor)


def test_true_counts_have_what_terraform_leaves_out() -> None:
    made = reviewed(
        entry("aws_x.created", None, {}),
        entry("aws_x.updated", {"a": 1}, {"a": 2}),
        entry("aws_x.replaced", {}, {}, actions=["create", "delete"]),
        entry("aws_x.destroyed", {}, None),
        entry("aws_x.moved", {}, {}, actions=["no-op"], previous_address="aws_x.before"),
        entry("aws_x.imported", {}, {}, actions=["no-op"], importing={"id": "i"}),
        entry("aws_x.forgotten", {}, None, actions=["forget"]),
        entry("aws_x.same", {}, {}, actions=["no-op"]),
        resource_drift=[entry("aws_x.same", {"a": 1}, {"a": 2})],
        checks=[{"address": {"to_display": "check.a"}, "status": "fail"}],
        output_changes={
            "o": {"actions": ["create"], "before": None, "after": 1},
            "n": {"actions": ["no-op"]},
        },
    )
    words = "1 create, 1 update, 1 replace, 1 destroy, 1 move, 1 import, 1 forget, 1 drift, 1 check, 1 output"
    assert made.counts.words() == words
    assert dict(made.counts.items())["import"] == 1
    assert Counts(update=2, checks=3).words() == "2 updates, 3 checks"
    assert Counts().words() == ""


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.SAFE, 0), (Verdict.REVIEW, 2), (Verdict.DANGEROUS, 2), (Verdict.BLOCKED, 3)],
)
def test_exit_codes_follow_the_verdict(verdict: Verdict, code: int) -> None:
    assert verdict.exit_code == code


def test_blocks_come_in_the_order_of_a_reviewers_questions() -> None:
    made = reviewed(
        QUEUE,
        entry("aws_dynamodb_table.t", {"name": "t"}, None),
        entry("aws_security_group.g", None, {"ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]}),
        errored=True,
    )
    kinds = [block.kind for block in made.blocks]
    assert kinds == [Kind.INCOMPLETE, Kind.DATA_LOSS, Kind.NETWORK, Kind.CHANGE]
    assert made.block(Kind.NETWORK) is not None
    assert made.block(Kind.DRIFT) is None
    assert made.headline == "Incomplete plan, Data loss"
    assert Block(Kind.COST, ()).verdict is Verdict.SAFE
    assert Report(()).verdict is Verdict.SAFE


def test_the_hash_is_of_what_happens_not_of_when_or_in_which_order() -> None:
    other = entry("aws_sqs_queue.r", None, {"name": "r"})
    one = hashed(QUEUE, other, timestamp="2026-01-01T00:00:00Z")
    assert one == hashed(other, QUEUE, timestamp="2027-01-01T00:00:00Z", terraform_version="1.12.0")
    still = entry("aws_sqs_queue.s", {"name": "s"}, {"name": "s"}, actions=["no-op"])
    assert one == hashed(QUEUE, other, still)


@pytest.mark.parametrize(
    "changed",
    [
        {**QUEUE, "address": "aws_sqs_queue.z"},
        {**QUEUE, "change": {**QUEUE["change"], "actions": ["delete", "create"]}},
        {**QUEUE, "change": {**QUEUE["change"], "before": {"name": "payments-dev", "delay": 0}}},
        {**QUEUE, "change": {**QUEUE["change"], "after": {"name": "payments-dev", "delay": 3}}},
        {**QUEUE, "change": {**QUEUE["change"], "after_unknown": {"delay": True}}},
        {**QUEUE, "previous_address": "aws_sqs_queue.p"},
        {**QUEUE, "change": {**QUEUE["change"], "importing": {"id": "x"}}},
        {**QUEUE, "change": {**QUEUE["change"], "after_sensitive": {"delay": True}}},
    ],
)
def test_the_hash_changes_with_everything_that_an_apply_would_do(changed: dict[str, Any]) -> None:
    assert hashed(changed) != hashed(QUEUE)


def test_the_hash_takes_secrets_by_their_keyed_hashes() -> None:
    def secret(value: str) -> dict[str, Any]:
        return entry(
            "aws_db_instance.d", {"password": "a"}, {"password": value}, after_sensitive={"password": True}
        )

    assert hashed(secret("x")) == hashed(secret("x"))
    assert hashed(secret("x")) != hashed(secret("y"))
    assert hashed(secret("x")) != hashed(secret("x"), key=b"other")
    assert hashed(errored=True) != hashed()


def named(environment: str, delay: int = 2) -> Review:
    tree = {"name": f"payments-{environment}", "delay": 1}
    redactor = Redactor(b"key")
    parsed = plan(
        entry("aws_sqs_queue.q", tree, {**tree, "delay": delay}), name=environment, redactor=redactor
    )
    return review(case_of(parsed, redactor), Extras(), TODAY)


def test_equal_plans_of_several_environments_are_one_group() -> None:
    dev, prod, same = named("dev"), named("prod", delay=3), named("dev2")
    other = reviewed(entry("aws_sqs_queue.z", None, {}), name="pr7")
    report = Report((dev, other, prod, same))
    assert [[each.environment for each in group] for group in report.groups] == [
        ["dev", "prod", "dev2"],
        ["pr7"],
    ]
    assert dev.hash != prod.hash
    assert report.verdict is Verdict.REVIEW


def test_rows_show_what_changed_and_what_forces_a_replacement() -> None:
    made = reviewed(
        entry(
            "aws_dynamodb_table.t",
            {"name": "a", "arn": "x", "hash_key": "pk", "stream": False},
            {"name": "b", "hash_key": "pk"},
            actions=["delete", "create"],
            replace_paths=[["name"]],
            after_unknown={"arn": True},
        )
    )
    (row,) = made.rows
    assert [(each.name, each.before, each.after, each.replaces) for each in row.attributes][:1] == [
        ("name", '"a"', '"b"', True)
    ]
    assert row.action is Action.REPLACE
    assert row.verdict is Verdict.BLOCKED


def test_the_gravest_rows_come_first() -> None:
    made = reviewed(entry("aws_sqs_queue.a", None, {}), entry("aws_dynamodb_table.z", {}, None))
    assert [row.address for row in made.rows] == ["aws_dynamodb_table.z", "aws_sqs_queue.a"]


@pytest.mark.parametrize(
    ("path", "address", "called"),
    [
        ("Payments/Resource", "aws_x.Payments_130453D3", "Payments"),
        ("Network/Subnet0", "aws_x.y", "Network/Subnet0"),
        ("Resource", "aws_x.y", "Resource"),
        ("", "aws_x.Payments_130453D3", "Payments"),
        ("", 'aws_x.Payments_130453D3["a"]', 'Payments["a"]'),
        ("", "module.m.aws_x.plain_name", "plain_name"),
        ("", "aws_x._130453D3", "_130453D3"),
    ],
)
def test_a_construct_is_called_as_a_person_calls_it(path: str, address: str, called: str) -> None:
    assert construct(path, address) == called


def referring(source: str, *targets: str) -> dict[str, Any]:
    return {"address": source, "expressions": {"x": {"references": list(targets)}}}


def test_the_graph_is_what_changes_and_what_it_touches() -> None:
    made = reviewed(
        QUEUE,
        entry("aws_kms_key.k", {}, {}, actions=["no-op"]),
        entry("aws_vpc.far", {}, {}, actions=["no-op"]),
        entry("aws_subnet.far[0]", {}, {}, actions=["no-op"]),
        configuration={
            "root_module": {
                "resources": [
                    referring("aws_sqs_queue.q", "aws_kms_key.k.arn", "aws_kms_key.k"),
                    referring("aws_kms_key.k"),
                    referring("aws_vpc.far"),
                    referring("aws_subnet.far", "aws_vpc.far"),
                ]
            }
        },
    )
    assert [node.address for node in made.graph.nodes] == ["aws_sqs_queue.q", "aws_kms_key.k"]
    assert [(edge.source, edge.target) for edge in made.graph.edges] == [("aws_sqs_queue.q", "aws_kms_key.k")]
    drawn = picture(made.graph)
    assert '  n0["~ q<br/>sqs_queue"]:::update' in drawn
    assert '  n1["k<br/>kms_key"]\n' in drawn
    assert "  n0 --> n1" in drawn


def test_a_picture_has_at_most_25_nodes_and_says_how_many_are_missing() -> None:
    made = reviewed(*(entry(f"aws_dynamodb_table.t{at}", {"name": f'{at}"'}, None) for at in range(30)))
    drawn = picture(made.graph)
    assert drawn.count(":::danger") == 25
    assert 'more["and 5 more that change"]' in drawn
    assert picture(Graph()) == ""


def test_a_report_is_made_of_values_that_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        reviewed().verdict = Verdict.SAFE  # type: ignore[misc]  # it is what must fail
