from __future__ import annotations

from decimal import Decimal

import pytest

from ops.review.cost import MOST_LINES, findings
from ops.review.report import Cost, CostLine, Finding
from ops.review.verdict import Kind, Verdict
from tests.ops.review.made import case


def finding_of(
    fixed: tuple[str, str], million: tuple[str, str], *lines: CostLine, notes: tuple[str, ...] = ()
) -> Finding:
    cost = Cost(
        fixed_before=Decimal(fixed[0]),
        fixed_after=Decimal(fixed[1]),
        per_million_before=Decimal(million[0]),
        per_million_after=Decimal(million[1]),
        lines=lines or (CostLine("aws_nat_gateway.b", "NAT gateways", Decimal(0), Decimal("35.04")),),
        prices_of="eu-west-1",
        notes=notes,
    )
    (finding,) = findings(cost, case())
    return finding


@pytest.mark.parametrize(
    ("fixed", "million", "title", "verdict"),
    [
        (
            ("71.08", "106.12"),
            ("70", "70"),
            "35.04 more a month fixed (71.08 → 106.12), nothing more for a million payments (70.00 → 70.00)",
            Verdict.REVIEW,
        ),
        (
            ("71.08", "80.00"),
            ("70", "69.5"),
            "8.92 more a month fixed (71.08 → 80.00), 0.50 less for a million payments (70.00 → 69.50)",
            Verdict.SAFE,
        ),
        (
            ("1071.08", "0"),
            ("0", "-0.001"),
            "1,071.08 less a month fixed (1,071.08 → 0.00), "
            "nothing less for a million payments (0.00 → -0.00)",
            Verdict.SAFE,
        ),
    ],
)
def test_the_difference_is_said_and_a_much_dearer_plan_needs_a_person(
    fixed: tuple[str, str], million: tuple[str, str], title: str, verdict: Verdict
) -> None:
    finding = finding_of(fixed, million)
    assert finding.title == f"{title}; US dollars, eu-west-1"
    assert (finding.kind, finding.verdict) == (Kind.COST, verdict)
    assert finding.details == (
        "aws_nat_gateway.b: NAT gateways, 35.04 more a month at the configured volume (0.00 → 35.04)",
    )


def test_many_resources_are_counted_and_notes_told() -> None:
    lines = [CostLine(f"aws_kms_key.k{n}", "keys", Decimal(0), Decimal(1)) for n in range(MOST_LINES + 2)]
    finding = finding_of(("0", "10"), ("0", "0"), *lines, notes=("The price of x is unknown.",))
    assert finding.details[-2:] == ("and 2 more resources", "The price of x is unknown.")
    assert len(finding.addresses) == MOST_LINES + 2


def test_a_plan_that_changes_no_cost_has_no_finding() -> None:
    nothing = Decimal(0)
    cost = Cost(
        fixed_before=nothing, fixed_after=nothing, per_million_before=nothing, per_million_after=nothing
    )
    assert list(findings(cost, case())) == []
    assert list(findings(None, case())) == []


def test_what_takes_the_place_of_another_is_no_cost() -> None:
    renamed = (
        CostLine("aws_sqs_queue.new", "queued events", Decimal(0), Decimal("0.02")),
        CostLine("aws_sqs_queue.old", "queued events", Decimal("0.02"), Decimal(0)),
    )
    gateway = CostLine("aws_nat_gateway.b", "NAT gateways", Decimal(0), Decimal("35.04"))
    same = Decimal(70)
    cost = Cost(
        fixed_before=same, fixed_after=same, per_million_before=same, per_million_after=same, lines=renamed
    )
    assert list(findings(cost, case())) == []
    assert finding_of(("70", "105.04"), ("1", "1"), *renamed, gateway).addresses == ("aws_nat_gateway.b",)


def test_a_changed_total_is_told_also_where_its_parts_balance_at_the_stated_volume() -> None:
    lines = (
        CostLine("aws_dynamodb_table.a", "writes", Decimal(0), Decimal(5)),
        CostLine("aws_dynamodb_table.b", "writes", Decimal(5), Decimal(0)),
    )
    assert finding_of(("5", "0"), ("0", "50"), *lines).title.startswith(
        "5.00 less a month fixed (5.00 → 0.00)"
    )
