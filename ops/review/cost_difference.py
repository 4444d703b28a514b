"""What a plan changes about the cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from constructs_lib.settings.environment import Environment
from constructs_lib.settings.environments import EnvironmentErrors
from constructs_lib.settings.environments import load as environment_of
from ops.cost.bill import MILLION, Bill, bill
from ops.cost.prices import load
from ops.cost.resources import Resource
from ops.review.plan.plan import Change, Plan
from ops.review.report import Cost, CostLine


def difference(changes: Sequence[Change], environment: Environment) -> Cost:
    """The cost before and after a plan, from all of its changes: also those that change nothing.

    A line is a resource that comes to cost more or less, in dollars a month at the environment's volume, the
    greatest difference first. Notes say what the plan touches and no sum contains.
    """
    prices = load(environment.aws.region)
    before, after = (bill(side, environment.volume, prices) for side in _resources_of(changes))
    payments = environment.volume.payments_per_month
    first, last = prices.read
    return Cost(
        fixed_before=before.month,
        fixed_after=after.month,
        per_million_before=before.million,
        per_million_after=after.million,
        lines=tuple(_lines(_by_address(before, payments), _by_address(after, payments))),
        prices_of=f"{prices.region}, list prices read {first} to {last}",
        notes=tuple(_notes(changes, before, after)),
    )


def cost_of(name: str) -> Callable[[Plan], Cost | None]:
    """The difference that a plan makes at the volume of the environment of that name, if there is one."""
    try:
        environment = environment_of(name)
    except EnvironmentErrors:
        return lambda plan: None
    return lambda plan: difference(plan.changes, environment)


def _resources_of(changes: Iterable[Change]) -> tuple[list[Resource], list[Resource]]:
    """What a plan found and what it leaves; data sources are left out.

    What Terraform forgets goes on costing, so it counts as if it stayed.
    """
    before: list[Resource] = []
    after: list[Resource] = []
    for change in changes:
        if change.managed:
            stays = change.before if change.forgets and not change.creates else change.after
            before += _of_change(change, change.before)
            after += _of_change(change, stays)
    return before, after


def _of_change(change: Change, values: Any) -> list[Resource]:
    if not isinstance(values, Mapping):
        return []
    return [Resource(change.address, change.type, values, change.path or change.address)]


def _by_address(made: Bill, payments: int) -> dict[str, tuple[str, Decimal]]:
    """What each resource is paid for, and how much at that many payments."""
    found: dict[str, tuple[str, Decimal]] = {}
    for line in made.lines:
        what, usd = found.get(line.resource.address, (line.what, Decimal()))
        found[line.resource.address] = (what, usd + line.month + line.million * payments / MILLION)
    return found


def _lines(before: dict[str, tuple[str, Decimal]], after: dict[str, tuple[str, Decimal]]) -> list[CostLine]:
    nothing = ("", Decimal())
    lines = [
        CostLine(
            address,
            (after.get(address) or before[address])[0],
            before.get(address, nothing)[1],
            after.get(address, nothing)[1],
        )
        for address in {**before, **after}
    ]
    changed = [line for line in lines if line.before != line.after]
    return sorted(changed, key=lambda line: (-abs(line.after - line.before), line.address))


def _notes(changes: Sequence[Change], before: Bill, after: Bill) -> list[str]:
    touched = {change.address: change.type for change in changes if change.does_something}
    kinds = set(touched.values())
    unknown = [text for text in after.unknown if text.partition(": ")[0] in touched]
    types = sorted({*before.types, *after.types} & kinds)
    uncounted = sorted(it for it in {*before.uncounted, *after.uncounted} if it.partition(":")[0] in kinds)
    return [
        *(f"Unknown: {text}" for text in unknown),
        *(f"No price is known of {kind}." for kind in types),
        *(f"Not counted: {text}" for text in uncounted),
    ]
