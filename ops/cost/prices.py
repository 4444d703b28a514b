"""AWS's list prices, with their sources and the days on which they were read."""

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
    """Represents a price list of AWS: `read` is the day of reading, `published` its own date, if any."""

    url: str
    read: date
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """Represents US dollars a unit, by region; the price in other regions is unknown."""

    source: Source
    by_region: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Prices:
    """Represents the prices of one region."""

    region: str
    all: Mapping[str, Price]

    def usd(self, name: str) -> Decimal | None:
        """Returns the price in this region, or None."""
        price = self.all.get(name)
        return price.by_region.get(self.region) if price else None

    @property
    def regions(self) -> list[str]:
        """Returns the regions with any known price."""
        return sorted({region for price in self.all.values() for region in price.by_region})

    @property
    def read(self) -> tuple[date, date]:
        """Returns the first and the last day of reading."""
        days = sorted(price.source.read for price in self.all.values())
        return days[0], days[-1]


def load(region: str, file: Path = FILE) -> Prices:
    """Returns the prices of a region."""
    return Prices(region, _read(file))


@cache
def _read(file: Path) -> Mapping[str, Price]:
    raw: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    sources = {name: Source(**values) for name, values in raw["sources"].items()}
    return {
        name: Price(sources[values.pop("source")], {region: Decimal(usd) for region, usd in values.items()})
        for name, values in raw["prices"].items()
    }
