"""What a plan costs, said as a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from ops.review.knowledge import Knowledge
from ops.review.report import Cost, CostLine, Finding

CENT = Decimal("0.01")
DEARER = Decimal(10)  # dollars a month that a person should have seen coming
MOST_LINES = 8


def costs(cost: Cost | None, known: Knowledge) -> Iterator[Finding]:
    """One finding where a plan changes the cost, or touches what nobody can price."""
    if cost is None:
        return
    fixed, million = cost.fixed_after - cost.fixed_before, cost.per_million_after - cost.per_million_before
    added: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in cost.lines:
        added[line.what] += line.after - line.before
    lines = [line for line in cost.lines if added[line.what]]  # none where one takes the place of another
    if not (fixed or million or lines or cost.notes):
        return
    rule = "cost/dearer" if fixed >= DEARER else "cost/changed"
    title = (
        f"{_more(fixed)} a month fixed ({_usd(cost.fixed_before)} → {_usd(cost.fixed_after)}), "
        f"{_more(million)} for a million payments ({_usd(cost.per_million_before)} → "
        f"{_usd(cost.per_million_after)}); US dollars, {cost.prices_of}"
    )
    hidden = len(lines) - MOST_LINES
    yield Finding(
        kind=known.kind(rule),
        rule=rule,
        verdict=known.rules[rule],
        addresses=tuple(line.address for line in lines),
        title=title,
        details=(
            *map(_line, lines[:MOST_LINES]),
            *((f"and {hidden} more resources",) if hidden > 0 else ()),
            *cost.notes,
        ),
    )


def _line(line: CostLine) -> str:
    return (
        f"{line.address}: {line.what}, {_more(line.after - line.before)} a month "
        f"at the stated volume ({_usd(line.before)} → {_usd(line.after)})"
    )


def _more(amount: Decimal) -> str:
    if abs(amount) < CENT / 2:
        return "nothing more" if amount >= 0 else "nothing less"
    return f"{_usd(abs(amount))} {'more' if amount > 0 else 'less'}"


def _usd(amount: Decimal) -> str:
    return f"{amount.quantize(CENT):,}"
