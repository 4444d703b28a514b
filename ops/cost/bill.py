"""A bill: each resource's fixed cost a month, and what a payment adds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from constructs_lib.settings.schema import VolumeSettings
from ops.cost import charges as charges_module
from ops.cost.charges import Charges, Unknown
from ops.cost.prices import Prices
from ops.cost.resources import Resource

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One charge of one resource, in US dollars: a month, and for a million payments."""

    resource: Resource
    what: str
    month: Decimal
    million: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """`unknown`: what is not in the lines because nobody knows it, `address: reason`; `types`: new to us."""

    lines: Sequence[Line]
    unknown: Sequence[str]
    types: Sequence[str]
    uncounted: Sequence[str]

    @property
    def month(self) -> Decimal:
        return sum((line.month for line in self.lines), Decimal())

    @property
    def million(self) -> Decimal:
        return sum((line.million for line in self.lines), Decimal())

    def total(self, payments: int) -> Decimal:
        """US dollars in a month with that many payments."""
        return self.month + self.million * payments / MILLION


def bill(resources: Iterable[Resource], volume: VolumeSettings, prices: Prices) -> Bill:
    """What resources cost at a volume."""
    resources = list(resources)
    table = charges_module.load()
    facts = _facts(resources, volume, table)
    lines: list[Line] = []
    unknown: list[str] = []
    for resource in resources:
        for charge in table.of(resource):
            name = charge.price_of(resource)
            usd = prices.usd(name)
            try:
                cost = charge.quantity(resource, facts) * (usd or 0)
            except Unknown as missing:
                unknown.append(f"{resource.address}: {charge.what}: {missing} is known only after apply")
                continue
            if usd is None:
                unknown.append(f"{resource.address}: {charge.what}: no price of {name} in {prices.region}")
            elif charge.per == "month":
                lines.append(Line(resource, charge.what, cost, Decimal()))
            else:
                lines.append(Line(resource, charge.what, Decimal(), cost * MILLION))
    kinds = sorted({resource.type for resource in resources})
    return Bill(
        lines,
        unknown,
        types=[kind for kind in kinds if not table.knows(kind)],
        uncounted=[f"{kind}: {table.uncounted[kind]}" for kind in kinds if kind in table.uncounted],
    )


def _facts(resources: Iterable[Resource], volume: VolumeSettings, table: Charges) -> dict[str, Decimal]:
    """What charges may count with: constants of a payment, the volume, and what the whole of it says."""
    repeated = Decimal(volume.retries_percent) / 100
    gateways = sum(resource.type == "aws_nat_gateway" for resource in resources)
    machines = sum(
        int(resource.get("desired_capacity") or 0)
        for resource in resources
        if resource.type == "aws_autoscaling_group"
    )
    return {
        **table.usage,
        "requests": 1 + repeated,
        "writes": table.usage["table_writes"] + repeated * table.usage["repeated_table_writes"],
        "function_seconds": Decimal(volume.function_ms) / 1000,
        "log_bytes": Decimal(volume.log_bytes),
        "nat_bytes": Decimal(volume.nat_bytes),
        "nat_share": Decimal(1) / max(1, gateways),
        "kept_months": Decimal(volume.kept_months),
        "machines": Decimal(machines),
    }
