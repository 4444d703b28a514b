"""The cost of a plan: the difference to the present cost, and the finding about it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from constructs_lib.settings.environments import EnvironmentErrors
from constructs_lib.settings.environments import load as environment_of
from constructs_lib.settings.schema import Environment
from ops.cost.bill import MILLION, Bill, bill
from ops.cost.prices import load
from ops.cost.resources import Resource
from ops.review.judges.case import Case
from ops.review.plan.plan import Change, Plan
from ops.review.report import Cost, CostLine, Finding

CENT = Decimal("0.01")
DEARER = Decimal(10)  # more fixed US dollars a month need a decision
MOST_LINES = 8


def findings(cost: Cost | None, case: Case) -> Iterator[Finding]:
    """Yields one finding for a plan that changes the cost, or resources without a known price."""
    if cost is None:
        return
    fixed, million = cost.fixed_after - cost.fixed_before, cost.per_million_after - cost.per_million_before
    added: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in cost.lines:
        added[line.what] += line.after - line.before
    lines = [line for line in cost.lines if added[line.what]]  # none where one replaces another
    if not (fixed or million or lines or cost.notes):
        return
    hidden = len(lines) - MOST_LINES
    yield case.finding(
        "cost/dearer" if fixed >= DEARER else "cost/changed",
        addresses=tuple(line.address for line in lines),
        title=(
            f"{_more(fixed)} a month fixed ({_usd(cost.fixed_before)} → {_usd(cost.fixed_after)}), "
            f"{_more(million)} for a million payments ({_usd(cost.per_million_before)} → "
            f"{_usd(cost.per_million_after)}); US dollars, {cost.prices_of}"
        ),
        details=(
            *map(_line, lines[:MOST_LINES]),
            *((f"and {hidden} more resources",) if hidden > 0 else ()),
            *cost.notes,
        ),
    )


def _line(line: CostLine) -> str:
    return (
        f"{line.address}: {line.what}, {_more(line.after - line.before)} a month "
        f"at the configured volume ({_usd(line.before)} → {_usd(line.after)})"
    )


def _more(amount: Decimal) -> str:
    if abs(amount) < CENT / 2:
        return "nothing more" if amount >= 0 else "nothing less"
    return f"{_usd(abs(amount))} {'more' if amount > 0 else 'less'}"


def _usd(amount: Decimal) -> str:
    return f"{amount.quantize(CENT):,}"


def cost_of(name: str) -> Callable[[Plan], Cost | None]:
    """Returns the function that computes a plan's cost at the environment's volume; None if there is none."""
    try:
        environment = environment_of(name)
    except EnvironmentErrors:
        return lambda plan: None
    return lambda plan: difference(plan.changes, environment)


def difference(changes: Sequence[Change], environment: Environment) -> Cost:
    """Returns the cost before and after a plan, from all of its changes, unchanged resources included.

    A line is a resource whose cost changes, in US dollars a month at the environment's volume, the greatest
    difference first. Notes list changed resources that no sum contains.
    """
    prices = load(environment.aws.region)
    before, after = (bill(side, environment.volume, prices) for side in _resources_of(changes))
    first, last = prices.read
    return Cost(
        fixed_before=before.month,
        fixed_after=after.month,
        per_million_before=before.million,
        per_million_after=after.million,
        lines=tuple(_lines(before, after, environment.volume.payments_per_month)),
        prices_of=f"{prices.region}, list prices read {first} to {last}",
        notes=tuple(_notes(changes, before, after)),
    )


def _resources_of(changes: Iterable[Change]) -> tuple[list[Resource], list[Resource]]:
    """Managed resources before and after a plan; a forgotten resource still costs money."""
    before: list[Resource] = []
    after: list[Resource] = []
    for change in changes:
        if change.managed:
            stays = change.before if change.forgets and not change.creates else change.after
            for side, values in ((before, change.before), (after, stays)):
                if isinstance(values, Mapping):
                    side.append(Resource(change.address, change.type, values, change.path or change.address))
    return before, after


def _lines(before: Bill, after: Bill, payments: int) -> list[CostLine]:
    """Resources whose cost at that many payments a month changes, named by their first charge."""
    sums: list[defaultdict[str, Decimal]] = []
    for costs in (before, after):
        usd: defaultdict[str, Decimal] = defaultdict(Decimal)
        for line in costs.lines:
            usd[line.resource.address] += line.month + line.million * payments / MILLION
        sums.append(usd)
    first = {line.resource.address: line.what for costs in (before, after) for line in reversed(costs.lines)}
    lines = [CostLine(address, what, *(usd[address] for usd in sums)) for address, what in first.items()]
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
        *(f"The price of {kind} is unknown." for kind in types),
        *(f"Not counted: {text}" for text in uncounted),
    ]
