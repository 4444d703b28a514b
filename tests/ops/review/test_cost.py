from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from constructs_lib.settings.schema import Environment, VolumeSettings
from ops.review.cost import cost_of, difference
from ops.review.plan.plan import UNKNOWN, Change, Hidden, Plan
from ops.review.report import Cost

FUNCTION = {"handler": "payment_processor.app.handler", "memory_size": 512, "architectures": ["arm64"]}


def change(address: str, *actions: str, before: Any = None, after: Any = None, **more: Any) -> Change:
    kind = address.removeprefix("data.").partition(".")[0]
    return Change(address=address, type=kind, actions=actions, before=before, after=after, **more)


def of(*changes: Change) -> Cost:
    return difference(changes, Environment(name="dev", volume=VolumeSettings(payments_per_month=1_000_000)))


def test_a_plan_that_adds_a_gateway_and_memory_says_what_each_costs() -> None:
    made = of(
        change("aws_nat_gateway.a", "no-op", before={}, after={}),
        change("aws_nat_gateway.b", "create", after={}),
        change("aws_lambda_function.f", "update", before=FUNCTION, after=FUNCTION | {"memory_size": 1024}),
        change("aws_kms_key.k", "delete", before={}),
    )
    gateway = 730 * Decimal("0.048")
    assert (made.fixed_before, made.fixed_after) == (gateway + 1, 2 * gateway)
    memory = Decimal("1.05") * Decimal("0.1") * Decimal("13.3334")
    assert made.per_million_after - made.per_million_before == memory
    traffic = 20 * Decimal("0.048")
    assert [(line.address, line.what, line.after - line.before) for line in made.lines] == [
        ("aws_nat_gateway.b", "NAT gateways", gateway + traffic / 2),
        ("aws_lambda_function.f", "processor calls", memory),
        ("aws_kms_key.k", "keys", -1),
        ("aws_nat_gateway.a", "NAT gateways", -traffic / 2),  # its traffic is shared now
    ]
    assert made.notes == ()
    assert made.prices_of.startswith("eu-west-1, list prices read 20")


def test_an_unchanged_plan_has_no_lines() -> None:
    made = of(change("aws_lambda_function.f", "no-op", before=FUNCTION, after=FUNCTION))
    assert made.lines == ()
    assert made.fixed_before == made.fixed_after == 0
    assert made.per_million_before == made.per_million_after > 0


def test_what_is_forgotten_goes_on_costing_and_what_is_only_read_costs_nothing() -> None:
    made = of(
        change("aws_kms_key.gone", "forget", before={}),
        change("aws_kms_key.anew", "create", "forget", before={}, after={}),
        change("data.aws_kms_key.read", "read", after={}, managed=False),
    )
    assert made.fixed_before == made.fixed_after == 2
    assert made.lines == ()


@pytest.mark.parametrize("unsaid", [UNKNOWN, Hidden("0a1b2c3d"), None])
def test_a_value_that_a_plan_does_not_say_is_unknown_not_zero(unsaid: object) -> None:
    disks = [{"ebs": [{"volume_size": unsaid, "volume_type": "gp3"}]}]
    made = of(change("aws_launch_template.t", "create", after={"block_device_mappings": disks}))
    assert made.lines == ()
    assert made.notes == (
        "Unknown: aws_launch_template.t: disks: "
        "block_device_mappings.ebs.volume_size is known only after apply",
    )


def test_what_a_plan_touches_and_no_sum_contains_is_noted_and_nothing_else() -> None:
    made = of(
        change("aws_rds_cluster.db", "create", after={}),
        change("aws_mq_broker.there", "no-op", before={}, after={}),
        change("aws_guardduty_detector.g", "delete", before={}),
        change("aws_sns_topic.there", "no-op", before={}, after={}),
        change("aws_launch_template.there", "no-op", before={}, after={}),
    )
    assert made.notes == (
        "The price of aws_rds_cluster is unknown.",
        "Not counted: aws_guardduty_detector: by analysed trails, flow logs and DNS queries",
    )


def test_a_plan_of_no_environment_of_ours_has_no_cost() -> None:
    plan = Plan(name="x", changes=(change("aws_kms_key.k", "create", after={}),))
    assert cost_of("no such environment")(plan) is None
    counted = cost_of("dev")(plan)
    assert counted
    assert counted.fixed_after == 1
