"""Charges of resource types, from charges.toml, and the quantity that a resource uses."""

import math
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
    """Reports an attribute that is known only after apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Represents a charge of a resource type; charges.toml explains the fields."""

    what: str
    price: str
    per: str
    times: Sequence[str] = ()
    when: Mapping[str, str] = field(default_factory=dict)

    def applies(self, resource: Resource) -> bool:
        """Returns whether the resource has the attributes of `when`."""
        return all(fnmatchcase(_text(resource.get(name)), like) for name, like in self.when.items())

    def price_of(self, resource: Resource) -> str:
        """Returns the key of the price, with attributes filled in."""
        return NAMED.sub(lambda it: _text(resource.get(it[1])) or it[2] or "?", self.price)

    def quantity(self, resource: Resource, facts: Mapping[str, Decimal]) -> Decimal:
        """Returns the product of the factors. Raises Unknown."""
        return math.prod((_factor(factor, resource, facts) for factor in self.times), start=Decimal(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """Represents charges.toml."""

    usage: Mapping[str, Decimal]
    free: Sequence[str]
    uncounted: Mapping[str, str]
    by_type: Mapping[str, Sequence[Charge]]

    def of(self, resource: Resource) -> Iterator[Charge]:
        """Yields the charges of a resource."""
        return (charge for charge in self.by_type.get(resource.type, ()) if charge.applies(resource))

    def knows(self, kind: str) -> bool:
        """Returns whether the file lists the type, as free too."""
        known = kind in self.by_type or kind in self.uncounted
        return known or any(fnmatchcase(kind, like) for like in self.free)


@cache
def load(file: Path = FILE) -> Charges:
    """Reads the file, once."""
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
