"""`payctl cost`: cost of an environment as a table, compared with a naive design."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import click

from constructs_lib.settings.schema import Environment
from ops.cost.bill import MILLION, Bill, bill
from ops.cost.charges import load as load_charges
from ops.cost.naive import WHAT, naive
from ops.cost.prices import Prices, load
from ops.cost.resources import of_stack
from ops.setup import toolchain
from ops.target import read
from ops.terraform.synth import synthesize

CENT = Decimal("0.01")
ROW = "{:<26} {:>5} {:>12} {:>14} {:>12} {:>14}"

type Row = tuple[int, Decimal, Decimal]  # resources, US dollars a month, US dollars for a million payments


def cost(name: str, *, as_json: bool) -> int:
    """Synthesizes the stack and prints its cost; needs neither credentials nor AWS."""
    environment = read(name)
    resources = of_stack(synthesize(name, toolchain.environment()))
    prices = load(environment.aws.region)
    present = bill(resources, environment.volume, prices)
    compared = bill(naive(resources, environment), environment.volume, prices)
    if as_json:
        click.echo(json.dumps(_object(environment, prices, present, compared)))
    else:
        click.echo("\n".join(_table(environment, prices, present, compared)))
    return 0


def _table(environment: Environment, prices: Prices, present: Bill, compared: Bill) -> Iterator[str]:
    volume = environment.volume
    payments = volume.payments_per_month
    first, last = prices.read
    yield (
        f"{environment.name} in {prices.region}, US dollars: list prices read {first} to {last}, "
        "without tax, free tiers and discounts"
    )
    yield (
        f"{payments:,} payments a month, {volume.retries_percent} % repeated requests, "
        f"{volume.function_ms} ms a call, {volume.log_bytes:,} B of logs and {volume.nat_bytes:,} B through "
        f"NAT a payment, stored for {volume.kept_months} months ([volume] in envs/{environment.name}.toml)"
    )
    yield ""
    yield ROW.format("", "", "this design", "", "naive design", "").rstrip()
    yield ROW.format("what", "count", "a month", "a million", "a month", "a million").rstrip()
    rows, others = _rows(present), _rows(compared)

    def at_volume(what: str) -> Decimal:
        _, month, million = rows.get(what) or others[what]
        return month + million * payments / MILLION

    for what in sorted({**rows, **others}, key=at_volume, reverse=True):
        nothing = (0, Decimal(), Decimal())
        (count, *here), (_, *there) = rows.get(what, nothing), others.get(what, nothing)
        yield ROW.format(what, count or "", *map(_usd, (*here, *there))).rstrip()
    totals = (present.month, present.million, compared.month, compared.million)
    yield ROW.format("total", "", *map(_usd, totals)).rstrip()
    yield ""
    sums = (_usd(costs.total(payments)) for costs in (present, compared))
    yield "A month with {:,} payments: {}; naive design: {}.".format(payments, *sums)
    yield f"Naive design: {WHAT}."
    yield from _left_out(prices, present)


def _left_out(prices: Prices, costs: Bill) -> Iterator[str]:
    uncounted = load_charges().uncounted
    general = [f"{what}: {why}" for what, why in uncounted.items() if not what.startswith("aws_")]
    for title, entries in (
        ("Not counted", [*costs.uncounted, *general]),
        ("Unknown", costs.unknown),
        ("Types without a price", costs.types),
    ):
        if entries:
            yield f"{title}:"
            yield from (f"  {entry}" for entry in entries)
    if prices.region not in prices.regions:
        yield f"No price of {prices.region} is known; {', '.join(prices.regions)} are."


def _rows(costs: Bill) -> dict[str, Row]:
    """The number of resources and the sums of each charge."""
    lines = {line.what: [each for each in costs.lines if each.what == line.what] for line in costs.lines}
    return {
        what: (
            len({line.resource.address for line in charged}),
            sum((line.month for line in charged), Decimal()),
            sum((line.million for line in charged), Decimal()),
        )
        for what, charged in lines.items()
    }


def _usd(amount: Decimal) -> str:
    if amount and abs(amount) < CENT:
        return "< 0.01"
    return f"{amount:,.2f}" if amount else "-"


def _object(environment: Environment, prices: Prices, present: Bill, compared: Bill) -> dict[str, Any]:
    payments = environment.volume.payments_per_month

    def sums(costs: Bill) -> dict[str, float]:
        total = costs.total(payments)
        return {**_numbers(costs.month, costs.million), "at_volume": round(float(total), 6)}

    return {
        "environment": environment.name,
        "region": prices.region,
        "currency": "USD",
        "prices_read": [day.isoformat() for day in prices.read],
        "payments_per_month": payments,
        **sums(present),
        "naive": sums(compared),
        "lines": [
            {
                "address": line.resource.address,
                "path": line.resource.path,
                "what": line.what,
                **_numbers(line.month, line.million),
            }
            for line in present.lines
        ],
        "unknown": list(present.unknown),
        "types_without_a_price": list(present.types),
        "not_counted": list(present.uncounted),
    }


def _numbers(month: Decimal, million: Decimal) -> dict[str, float]:
    return {"month": round(float(month), 6), "million_payments": round(float(million), 6)}
