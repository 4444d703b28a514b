from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.environment import Environment
from ops.cost.difference import Difference, difference
from tests.ops.cost.test_resources import change

FUNCTION = {"handler": "payment_processor.app.handler", "memory_size": 512, "architectures": ["arm64"]}


def of(*changes: dict[str, Any]) -> Difference:
    return difference(changes, Environment(name="dev"))


def test_a_plan_that_adds_a_gateway_and_memory_says_what_each_costs() -> None:
    made = of(
        change(["no-op"], {}, {}, address="aws_nat_gateway.a"),
        change(["create"], None, {}, address="aws_nat_gateway.b"),
        change(["update"], FUNCTION, FUNCTION | {"memory_size": 1024}, address="aws_lambda_function.f"),
        change(["delete"], {}, None, address="aws_kms_key.k"),
    )
    assert float(made.month) == pytest.approx(730 * 0.048 - 1)
    assert float(made.million) == pytest.approx(1.05 * 0.2 * 0.5 * 13.3334)
    assert [it.address for it in made.changed] == [
        "aws_nat_gateway.b",
        "aws_lambda_function.f",
        "aws_kms_key.k",
        "aws_nat_gateway.a",  # its traffic is shared now
    ]
    assert (made.unknown, made.types, made.uncounted) == ([], [], [])


def test_an_unchanged_plan_costs_nothing_more() -> None:
    same = [change(["no-op"], FUNCTION, FUNCTION, address="aws_lambda_function.f")]
    assert of(*same) == Difference(of().month, of().million, [], [], [], [])


def test_what_a_plan_touches_without_a_known_price_is_listed_and_nothing_else() -> None:
    made = of(
        change(["create"], None, {}, address="aws_rds_cluster.db"),
        change(["no-op"], {}, {}, address="aws_mq_broker.there"),
        change(["create"], None, {}, address="aws_guardduty_detector.g"),
        change(["no-op"], {}, {}, address="aws_sns_topic.there"),
        change(["create"], None, {}, address="aws_launch_template.t"),
        change(["no-op"], {}, {}, address="aws_launch_template.there"),
        change(["read"], None, {}, address="data.aws_ami.a", mode="data"),
    )
    assert made.types == ["aws_rds_cluster"]
    assert [it.partition(":")[0] for it in made.uncounted] == ["aws_guardduty_detector"]
    assert [it.partition(":")[0] for it in made.unknown] == ["aws_launch_template.t"]
