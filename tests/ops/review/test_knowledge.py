from __future__ import annotations

import json

import cdktf
import pytest

from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import load
from ops.review.knowledge import FILE, knowledge
from ops.review.verdict import Kind
from tests.apps import app

PREDICATES = {"added", "became", "fewer", "left", "less", "more", "off", "on", "removed"}


@pytest.fixture(scope="module", params=["dev", "prod"])
def types(request: pytest.FixtureRequest) -> set[str]:
    """Returns the resource types of an environment."""
    stack = PaymentStack(app(), load(request.param), variables={})
    return set(json.loads(cdktf.Testing.synth(stack))["resource"])


def test_every_type_that_we_use_is_known(types: set[str]) -> None:
    assert types - knowledge().types.keys() == set()


def test_what_keeps_our_payments_and_their_evidence_is_known_to_keep_data() -> None:
    stores = {name for name, known in knowledge().types.items() if known.stores == "data"}
    assert {"aws_dynamodb_table", "aws_s3_bucket", "aws_kms_key", "aws_secretsmanager_secret"} <= stores
    assert {"aws_rds_cluster", "aws_db_instance", "aws_efs_file_system", "aws_opensearch_domain"} <= stores


def test_what_keeps_something_says_what() -> None:
    assert [
        name for name, known in knowledge().types.items() if bool(known.stores) != bool(known.contents)
    ] == []
    assert {known.stores for known in knowledge().types.values()} == {"", "data", "in-flight"}


def test_every_rule_that_is_named_has_a_verdict_and_a_heading() -> None:
    known = knowledge()
    named = {each.rule for entries in known.regressions.values() for each in entries}
    named |= {each.protection[0] for each in known.types.values() if each.protection}
    assert named - known.rules.keys() == set()
    for rule in known.rules:
        assert isinstance(known.kind(rule), Kind)


def test_every_type_with_an_attribute_of_danger_is_a_known_type_or_spelt_alike() -> None:
    known = knowledge()
    assert {name for name in known.regressions if not name.startswith("aws_")} == set()
    assert {each.when for entries in known.regressions.values() for each in entries} == PREDICATES
    assert {each.kind for each in known.policies} == {"identity", "resource", "trust"}


def test_lines_of_types_are_sorted_so_that_one_is_found() -> None:
    lines = FILE.read_text().partition("[types]\n")[2].partition("\n\n")[0].splitlines()
    names = [line.partition(" ")[0] for line in lines]
    assert names == sorted(names)
    assert len(names) == len(knowledge().types)
