"""What a plan changes about the cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from constructs_lib.environment import Environment
from ops.cost.bill import Bill, bill
from ops.cost.prices import load
from ops.cost.resources import of_plan


@dataclass(frozen=True, slots=True)
class Changed:
    """How much more a resource costs: US dollars a month, and for a million payments; less is negative."""

    address: str
    month: Decimal
    million: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """Sums, the resources that make them, dearest change first, and what is left out of both.

    `unknown` are `address: reason`, of resources that the plan touches; `types` are types of which no price
    is known at all; `uncounted` cost by something that no plan says.
    """

    month: Decimal
    million: Decimal
    changed: Sequence[Changed]
    unknown: Sequence[str]
    types: Sequence[str]
    uncounted: Sequence[str]


def difference(changes: Sequence[Mapping[str, Any]], environment: Environment) -> Difference:
    """The difference that a plan makes, from its `resource_changes` (`terraform show -json`)."""
    prices = load(environment.aws.region)
    before, after = (bill(side, environment.volume, prices) for side in of_plan(changes))
    sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    for sign, side in ((-1, before), (1, after)):
        for line in side.lines:
            sums[line.resource.address][0] += sign * line.month
            sums[line.resource.address][1] += sign * line.million
    changed = [Changed(address, *both) for address, both in sums.items() if any(both)]
    touched = _touched(changes)
    return Difference(
        after.month - before.month,
        after.million - before.million,
        sorted(changed, key=lambda it: (-abs(it.month) - abs(it.million), it.address)),
        [text for text in after.unknown if text.partition(": ")[0] in touched],
        _of(touched.values(), before.types, after.types),
        _named(touched.values(), before, after),
    )


def _touched(changes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Types by address, of what the plan makes, changes or ends."""
    return {
        it["address"]: it["type"]
        for it in changes
        if it.get("mode") == "managed" and set(it["change"]["actions"]) - {"no-op", "read"}
    }


def _of(touched: Iterable[str], *sides: Sequence[str]) -> list[str]:
    return sorted({kind for side in sides for kind in side} & set(touched))


def _named(touched: Iterable[str], *sides: Bill) -> list[str]:
    kinds = set(touched)
    return sorted({it for side in sides for it in side.uncounted if it.partition(":")[0] in kinds})
