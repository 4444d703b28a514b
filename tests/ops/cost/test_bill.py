from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import load
from constructs_lib.settings.schema import Environment, VolumeSettings
from ops.cost import charges
from ops.cost.bill import Bill, bill
from ops.cost.naive import naive
from ops.cost.prices import load as prices
from ops.cost.resources import Resource
from tests.apps import app
from tests.constructs_lib.conftest import Synthesized

VOLUME = VolumeSettings(retries_percent=0, function_ms=1000, kept_months=10)


def resource(kind: str, **values: Any) -> Resource:
    return Resource(f"{kind}.x", kind, values, "x")


def costs(*resources: Resource, volume: VolumeSettings = VOLUME, region: str = "eu-west-1") -> Bill:
    return bill(resources, volume, prices(region))


def dollars(made: Bill) -> dict[str, tuple[float, float]]:
    """Returns US dollars a month and for a million payments, by charge."""
    return {line.what: (float(line.month), float(line.million)) for line in made.lines}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (resource("aws_kms_key"), {"keys": (1, 0)}),
        (resource("aws_nat_gateway"), {"NAT gateways": (730 * 0.048, 0), "NAT traffic": (0, 20 * 0.048)}),
        (
            resource("aws_wafv2_web_acl", rule=[{}, {}, {}]),
            {"web ACLs": (5, 0), "web ACL rules": (3, 0), "inspected requests": (0, 0.6)},
        ),
        (resource("aws_cloudwatch_metric_alarm", metric_name="Errors"), {"alarms": (0.1, 0)}),
        (
            resource(
                "aws_cloudwatch_metric_alarm", metric_query=[{"metric": {}}, {"metric": {}}, {"id": "e"}]
            ),
            {"alarms": (0.2, 0)},
        ),
        (
            resource(
                "aws_lambda_function",
                handler="payment_processor.app.handler",
                memory_size=512,
                architectures=["arm64"],
            ),
            {"processor calls": (0, 0.2), "processor compute": (0, 0.5 * 13.3334)},
        ),
        (
            resource("aws_lambda_function", handler="payment_processor.app.handler", memory_size=3008),
            {"processor calls": (0, 0.2), "processor compute": (0, 2.9375 * 16.6667)},
        ),
        (
            resource("aws_dynamodb_table", billing_mode="PROVISIONED", write_capacity=10, read_capacity=2),
            {
                "write capacity": (7300 * 0.000735, 0),
                "read capacity": (1460 * 0.000147, 0),
                "stored payments": (0, 4550e-3 * 10 * 0.283),
            },
        ),
        (
            resource(
                "aws_dynamodb_table", billing_mode="PAY_PER_REQUEST", point_in_time_recovery={"enabled": True}
            ),
            {
                "writes": (0, 26 * 0.705),
                "stored payments": (0, 4550e-3 * 10 * 0.283),
                "point-in-time recovery": (0, 4550e-3 * 10 * 0.22),
            },
        ),
        (resource("aws_vpc_endpoint", vpc_endpoint_type="Gateway"), {}),
        (
            resource("aws_vpc_endpoint", vpc_endpoint_type="Interface", subnet_ids=["a", "b"]),
            {"interface endpoints": (2 * 730 * 0.011, 0)},
        ),
    ],
)
def test_a_resource_costs_what_aws_says(made: Resource, expected: dict[str, tuple[float, float]]) -> None:
    assert dollars(costs(made)) == {what: pytest.approx(both) for what, both in expected.items()}


def test_a_fleet_pays_machines_by_their_type_and_a_disk_for_each() -> None:
    override = {"override": [{"instance_type": "m7g.medium"}, {"instance_type": "m6g.medium"}]}
    fleet = resource(
        "aws_autoscaling_group", desired_capacity=3, mixed_instances_policy=[{"launch_template": [override]}]
    )
    disk = [{"ebs": [{"volume_size": 8, "volume_type": "gp3"}]}]
    made = costs(fleet, resource("aws_launch_template", block_device_mappings=disk))
    expected: dict[str, tuple[object, float]] = {
        "machines": (pytest.approx(3 * 730 * 0.0455), 0),
        "disks": (pytest.approx(3 * 8 * 0.088), 0),
    }
    assert dollars(made) == expected


def test_traffic_is_shared_by_the_nat_gateways_and_repetitions_cost_too() -> None:
    volume = replace(VOLUME, retries_percent=50)
    gateways = [Resource(f"aws_nat_gateway.{n}", "aws_nat_gateway", {}, "n") for n in range(2)]
    made = costs(*gateways, resource("aws_api_gateway_rest_api"), volume=volume)
    assert float(made.million) == pytest.approx(20 * 0.048 + 1.5 * 3.5)
    assert float(made.total(2_000_000)) == pytest.approx(2 * 730 * 0.048 + 2 * float(made.million))


def test_what_is_unknown_is_said_and_never_guessed() -> None:
    made = costs(
        resource("aws_autoscaling_group", desired_capacity=1),
        resource("aws_launch_template", block_device_mappings=[{"ebs": {"volume_type": "gp3"}}]),
        resource("aws_guardduty_detector"),
        resource("aws_rds_cluster"),
        resource("aws_iam_role"),
    )
    assert made.lines == []
    assert made.unknown == [
        "aws_autoscaling_group.x: machines: no price of machine_hour_? in eu-west-1",
        "aws_launch_template.x: disks: block_device_mappings.ebs.volume_size is known only after apply",
    ]
    assert made.types == ["aws_rds_cluster"]
    assert made.uncounted == ["aws_guardduty_detector: by analysed trails, flow logs and DNS queries"]


def test_an_expression_in_place_of_a_number_is_unknown() -> None:
    made = costs(
        resource(
            "aws_dynamodb_table", billing_mode="PROVISIONED", write_capacity="${var.n}", read_capacity="4"
        )
    )
    assert float(dollars(made)["read capacity"][0]) == pytest.approx(4 * 730 * 0.000147)
    assert dollars(made)["write capacity"] == (0, 0)


def test_a_region_without_prices_gives_no_sum_but_says_so() -> None:
    made = costs(resource("aws_kms_key"), region="sa-east-1")
    assert (made.month, made.unknown) == (
        Decimal(),
        ["aws_kms_key.x: keys: no price of key_month in sa-east-1"],
    )


@pytest.fixture(scope="module")
def prod() -> list[Resource]:
    stack = Synthesized(PaymentStack(app(), load("prod"), variables={}))
    return [
        Resource(f"{kind}.{name}", kind, body, name)
        for kind, bodies in stack.json["resource"].items()
        for name, body in bodies.items()
    ]


def test_all_of_an_environment_is_priced_or_named(prod: list[Resource]) -> None:
    made = bill(prod, load("prod").volume, prices("eu-west-1"))
    assert (made.types, made.unknown) == ([], [])
    table = charges.load()
    paid = {line.resource.type for line in made.lines}
    assert [it.address for it in prod if it.type in table.by_type and it.type not in paid] == [
        it.address
        for it in prod
        if it.type == "aws_vpc_endpoint"  # gateways to S3 and DynamoDB cost nothing
    ]
    # Each charge of a payment is paid by exactly one resource.
    assert all(
        sum(line.what == what for line in made.lines) == 1
        for what in {it.what for it in made.lines if it.million}
    )


def test_the_naive_design_is_dearer_by_each_of_its_choices(prod: list[Resource]) -> None:
    environment = load("prod")
    ours, theirs = (
        bill(side, environment.volume, prices("eu-west-1")) for side in (prod, naive(prod, environment))
    )
    assert sum(line.what == "NAT gateways" for line in theirs.lines) == environment.network.zones
    mine, other = dollars(ours), dollars(theirs)
    assert other["processor compute"][1] / mine["processor compute"][1] == pytest.approx(
        3008 / 1024 * 0.0000166667 / 0.0000133334
    )
    assert ("writes" in mine, "write capacity" in mine) == (True, False)
    assert ("writes" in other, "write capacity" in other) == (False, True)
    assert other["stored archive"][1] > 10 * mine["stored archive"][1]
    assert theirs.total(1_000_000) > ours.total(1_000_000)


def test_provisioned_capacity_carries_the_peak() -> None:
    volume = VolumeSettings(payments_per_month=2_628_000, peak_factor=10)  # one a second on average
    environment = Environment(name="dev", volume=volume)
    (table,) = (
        it for it in naive([resource("aws_dynamodb_table")], environment) if it.type.endswith("table")
    )
    assert (table.get("write_capacity"), table.get("read_capacity")) == (260, 10)
