"""The price list: AWS's list prices with their sources and the days on which they were read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prices.toml")
OLDEST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Source:
    """Where AWS publishes a price, the day on which it was read, and AWS's own date of it, if any."""

    url: str
    read: date
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars a unit, by region; a region that is not in it was not found out."""

    source: Source
    by_region: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one region."""

    region: str
    all: Mapping[str, Price]

    def usd(self, name: str) -> Decimal | None:
        """None when it is unknown, or unknown in this region."""
        price = self.all.get(name)
        return price.by_region.get(self.region) if price else None

    @property
    def regions(self) -> list[str]:
        """Those of which any price is known."""
        return sorted({region for price in self.all.values() for region in price.by_region})

    @property
    def read(self) -> tuple[date, date]:
        """The first and the last reading."""
        days = sorted(price.source.read for price in self.all.values())
        return days[0], days[-1]


def load(region: str, file: Path = FILE) -> Prices:
    """The price list for a region."""
    return Prices(region, _read(file))


@cache
def _read(file: Path) -> Mapping[str, Price]:
    raw: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    sources = {name: Source(**values) for name, values in raw["sources"].items()}
    return {
        name: Price(sources[values.pop("source")], {region: Decimal(usd) for region, usd in values.items()})
        for name, values in raw["prices"].items()
    }
