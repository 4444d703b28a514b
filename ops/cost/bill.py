"""Cost of resources: fixed a month, and for each payment."""

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
    """Represents a charge of a resource, in US dollars: a month, and for a million payments."""

    resource: Resource
    what: str
    month: Decimal
    million: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """Represents the cost of resources; no line contains the rest.

    `unknown`: charges without a known price or quantity, as `address: reason`. `types`: resource types
    without a price. `uncounted`: types whose cost depends on values outside the configuration.
    """

    lines: Sequence[Line]
    unknown: Sequence[str]
    types: Sequence[str]
    uncounted: Sequence[str]

    @property
    def month(self) -> Decimal:
        """Returns the fixed US dollars a month."""
        return sum((line.month for line in self.lines), Decimal())

    @property
    def million(self) -> Decimal:
        """Returns the US dollars for a million payments."""
        return sum((line.million for line in self.lines), Decimal())

    def total(self, payments: int) -> Decimal:
        """Returns the US dollars of a month with that many payments."""
        return self.month + self.million * payments / MILLION


def bill(resources: Iterable[Resource], volume: VolumeSettings, prices: Prices) -> Bill:
    """Returns the cost of resources at a volume."""
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
                continue
            monthly = charge.per == "month"
            month, million = (cost, Decimal()) if monthly else (Decimal(), cost * MILLION)
            lines.append(Line(resource, charge.what, month, million))
    kinds = sorted({resource.type for resource in resources})
    return Bill(
        lines,
        unknown,
        types=[kind for kind in kinds if not table.knows(kind)],
        uncounted=[f"{kind}: {table.uncounted[kind]}" for kind in kinds if kind in table.uncounted],
    )


def _facts(resources: Iterable[Resource], volume: VolumeSettings, table: Charges) -> dict[str, Decimal]:
    """Factors of charges: constants of a payment, the volume, and counts of the whole stack."""
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
