"""`payctl cost`: an environment's cost as a table, beside the design that costs more."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import click

from constructs_lib.settings.environment import Environment
from ops.cost.bill import Bill, Line, bill
from ops.cost.charges import load as load_charges
from ops.cost.naive import WHAT, naive
from ops.cost.prices import Prices, load
from ops.cost.resources import of_stack
from ops.setup import toolchain
from ops.target import read
from ops.terraform.synth import synthesize

CENT = Decimal("0.01")
ROW = "{:<26} {:>5} {:>12} {:>14} {:>12} {:>14}"


def cost(name: str, *, as_json: bool) -> int:
    """Print it. Synthesizes the stack; needs neither credentials nor AWS."""
    environment = read(name)
    resources = of_stack(synthesize(name, toolchain.environment()))
    prices = load(environment.aws.region)
    ours = bill(resources, environment.volume, prices)
    theirs = bill(naive(resources, environment), environment.volume, prices)
    if as_json:
        click.echo(json.dumps(_object(environment, prices, ours, theirs)))
    else:
        click.echo("\n".join(_table(environment, prices, ours, theirs)))
    return 0


def _table(environment: Environment, prices: Prices, ours: Bill, theirs: Bill) -> Iterator[str]:
    volume = environment.volume
    first, last = prices.read
    yield (
        f"{environment.name} in {prices.region}, US dollars: list prices read {first} to {last}, "
        "without tax, free tiers and discounts"
    )
    yield (
        f"{volume.payments_per_month:,} payments a month, {volume.retries_percent} % sent again, "
        f"{volume.function_ms} ms a call, {volume.log_bytes:,} B of logs and {volume.nat_bytes:,} B through "
        f"NAT a payment, kept {volume.kept_months} months ([volume] in envs/{environment.name}.toml)"
    )
    yield ""
    yield ROW.format("", "", "this design", "", "naive design", "").rstrip()
    yield ROW.format("what", "count", "a month", "a million", "a month", "a million").rstrip()
    rows, others = _rows(ours), _rows(theirs)
    order = sorted(
        {**rows, **others}, key=lambda what: -_at(rows.get(what) or others[what], volume.payments_per_month)
    )
    for what in order:
        here, there = rows.get(what, (0, Decimal(), Decimal())), others.get(what, (0, Decimal(), Decimal()))
        yield ROW.format(what, here[0] or "", *map(_usd, (here[1], here[2], there[1], there[2]))).rstrip()
    totals = (ours.month, ours.million, theirs.month, theirs.million)
    yield ROW.format("total", "", *map(_usd, totals)).rstrip()
    yield ""
    mine, other = ours.total(volume.payments_per_month), theirs.total(volume.payments_per_month)
    yield f"A month with {volume.payments_per_month:,} payments: {_usd(mine)}; naive design: {_usd(other)}."
    yield f"Naive design: {WHAT}."
    yield from _left_out(prices, ours)


def _left_out(prices: Prices, ours: Bill) -> Iterator[str]:
    uncounted = load_charges().uncounted
    general = [f"{what}: {why}" for what, why in uncounted.items() if not what.startswith("aws_")]
    for title, those in (
        ("Not counted", [*ours.uncounted, *general]),
        ("Unknown", ours.unknown),
        ("Types without a price", ours.types),
    ):
        if those:
            yield f"{title}:"
            yield from (f"  {one}" for one in those)
    if prices.region not in prices.regions:
        yield f"No price of {prices.region} is known; {', '.join(prices.regions)} are."


def _rows(made: Bill) -> dict[str, tuple[int, Decimal, Decimal]]:
    """By what is paid for: how many resources, a month, a million."""
    grouped: defaultdict[str, list[Line]] = defaultdict(list)
    for line in made.lines:
        grouped[line.what].append(line)
    return {
        what: (
            len({line.resource.address for line in lines}),
            sum((line.month for line in lines), Decimal()),
            sum((line.million for line in lines), Decimal()),
        )
        for what, lines in grouped.items()
    }


def _at(row: tuple[int, Decimal, Decimal], payments: int) -> Decimal:
    return row[1] + row[2] * payments / 1_000_000


def _usd(amount: Decimal) -> str:
    if amount and abs(amount) < CENT:
        return "< 0.01"
    return f"{amount:,.2f}" if amount else "-"


def _object(environment: Environment, prices: Prices, ours: Bill, theirs: Bill) -> dict[str, Any]:
    payments = environment.volume.payments_per_month
    return {
        "environment": environment.name,
        "region": prices.region,
        "currency": "USD",
        "prices_read": [day.isoformat() for day in prices.read],
        "payments_per_month": payments,
        "month": _number(ours.month),
        "million_payments": _number(ours.million),
        "at_volume": _number(ours.total(payments)),
        "naive": {
            "month": _number(theirs.month),
            "million_payments": _number(theirs.million),
            "at_volume": _number(theirs.total(payments)),
        },
        "lines": [
            {
                "address": line.resource.address,
                "path": line.resource.path,
                "what": line.what,
                "month": _number(line.month),
                "million_payments": _number(line.million),
            }
            for line in ours.lines
        ],
        "unknown": list(ours.unknown),
        "types_without_a_price": list(ours.types),
        "not_counted": list(ours.uncounted),
    }


def _number(amount: Decimal) -> float:
    return round(float(amount), 6)
