"""What costs money: the readable table of charges.toml, and how much of each price a resource uses."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from ops.cost.resources import Resource

FILE = Path(__file__).with_name("charges.toml")
NAMED = re.compile(r"\{([^}|]+)(?:\|([^}]*))?\}")


class Unknown(Exception):
    """A factor that nobody knows: an attribute that is known only after apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One price of a resource; the fields are explained in charges.toml."""

    what: str
    price: str
    per: str
    times: Sequence[str] = ()
    when: Mapping[str, str] = field(default_factory=dict)

    def applies(self, resource: Resource) -> bool:
        """Whether the resource is one that pays this."""
        return all(fnmatchcase(_text(resource.get(name)), like) for name, like in self.when.items())

    def price_of(self, resource: Resource) -> str:
        """The key of the price, its attributes filled in."""
        return NAMED.sub(lambda it: _text(resource.get(it[1])) or it[2] or "?", self.price)

    def quantity(self, resource: Resource, facts: Mapping[str, Decimal]) -> Decimal:
        """The product of the factors. Raises Unknown."""
        product = Decimal(1)
        for factor in self.times:
            product *= _factor(factor, resource, facts)
        return product


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """All that is known about what costs."""

    usage: Mapping[str, Decimal]
    free: Sequence[str]
    uncounted: Mapping[str, str]
    by_type: Mapping[str, Sequence[Charge]]

    def of(self, resource: Resource) -> Iterator[Charge]:
        """What this resource pays."""
        return (charge for charge in self.by_type.get(resource.type, ()) if charge.applies(resource))

    def knows(self, kind: str) -> bool:
        """Whether anything is known about a type, be it that it is free."""
        known = kind in self.by_type or kind in self.uncounted
        return known or any(fnmatchcase(kind, like) for like in self.free)


@cache
def load(file: Path = FILE) -> Charges:
    """The table as it lies beside this module."""
    raw: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    return Charges(
        usage={name: Decimal(value) for name, value in raw["usage"].items()},
        free=raw["free"]["types"],
        uncounted=raw["uncounted"],
        by_type={
            kind: [Charge(what=what, **values) for what, values in charges.items()]
            for kind, charges in raw["charges"].items()
        },
    )


def _factor(factor: str, resource: Resource, facts: Mapping[str, Decimal]) -> Decimal:
    if factor in facts:
        return facts[factor]
    path, _, default = factor[1:].partition("|")
    if factor.startswith("#"):
        return Decimal(resource.count(path) or default or 0)
    value = resource.get(path)
    if isinstance(value, str) and not re.fullmatch(r"[0-9.]+", value):
        value = None  # an expression
    if value is None and not default:
        raise Unknown(path)
    return Decimal(str(default if value is None else value))


def _text(value: object) -> str:
    return "" if value is None else str(value)
