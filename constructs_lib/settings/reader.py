"""Reading of TOML files into frozen dataclasses, with all problems of a file at once.

The type of a field defines how its value is read, as `memory_mb: Annotated[int, WholeNumber(128, 10_240)]`.
A dataclass is a table. A trailing underscore is not part of the key: `lambda_` reads `[lambda]`.
A module with such fields must not import annotations from __future__, because their types are evaluated.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import IPv4Network
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol, cast, get_args


class Kind(Protocol):
    """Reads one value."""

    def read(self, value: object) -> object:
        """Returns the value in Python. Raises ValueError with the allowed values."""


class Flag:
    """Reads a boolean."""

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """Reads a whole number from `least` to `most`, both included."""

    least: int
    most: int

    def read(self, value: object) -> int:
        if type(value) is not int:  # isinstance accepts booleans
            raise ValueError(f"must be a whole number, {self.least} to {self.most}")
        if not self.least <= value <= self.most:
            raise ValueError(f"must be {self.least} to {self.most}")
        return value


@dataclass(frozen=True, slots=True)
class Seconds:
    """Reads a whole number of seconds from `least` to `most`, both included, as a timedelta."""

    least: int
    most: int

    def read(self, value: object) -> timedelta:
        return timedelta(seconds=WholeNumber(self.least, self.most).read(value))


class OneOf:
    """Reads one of the options. Of a StrEnum it returns the member."""

    def __init__(self, options: Iterable[int | str]) -> None:
        self.options = tuple(options)

    def read(self, value: object) -> int | str:
        for option in self.options:
            if option == value and isinstance(option, type(value)):  # 7.0 == 7 and true == 1
                return option
        raise ValueError(f"must be one of {', '.join(map(str, self.options))}")


@dataclass(frozen=True, slots=True)
class Text:
    """Reads a text that matches `pattern`. `allowed` describes it for errors."""

    pattern: str
    allowed: str

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise ValueError(f"must be {self.allowed}")
        return value


LONGEST = 100  # characters of a value in an error
PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))  # RFC 1918


@dataclass(frozen=True, slots=True)
class PrivateBlock:
    """Reads a block of private IPv4 addresses with a prefix of `least` to `most` bits."""

    least: int
    most: int

    def read(self, value: object) -> IPv4Network:
        try:
            block = IPv4Network(value if isinstance(value, str) else "", strict=False)
        except ValueError:
            raise ValueError('must be an IPv4 block such as "10.0.0.0/16"') from None
        if not self.least <= block.prefixlen <= self.most:
            raise ValueError(f"must be /{self.least} to /{self.most}")
        if not any(block.subnet_of(private) for private in PRIVATE):
            raise ValueError(f"must be in {', '.join(map(str, PRIVATE))}")
        if str(block) != value:
            raise ValueError(f'must have no host bits, as in "{block}"')
        return block


@dataclass(frozen=True, slots=True)
class ListOf:
    """Reads a list of values of one kind."""

    kind: Kind

    def read(self, value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list")
        return tuple(self._item(number, item) for number, item in enumerate(value, start=1))

    def _item(self, number: int, item: object) -> object:
        try:
            return self.kind.read(item)
        except ValueError as error:
            raise ValueError(f"item {number} {error}") from None


@dataclass(frozen=True, slots=True)
class TableOf:
    """Reads a table with arbitrary keys of the kind `key`, each with a table of `shape`.

    The first field of the shape receives the key. The second field is required; instead of a table, the file
    may have its value alone.
    """

    key: Kind
    shape: type

    def read(self, value: object) -> Mapping[str, object]:
        """Returns the entries as tables, which Reader reads."""
        if not isinstance(value, dict):
            raise ValueError("must be a table")
        main = fields(self.shape)[1].name
        return {key: entry if isinstance(entry, dict) else {main: entry} for key, entry in value.items()}


@dataclass(frozen=True, slots=True)
class Rule[T]:
    """Represents a requirement between settings. `keys` are their attributes, which an error shows."""

    keys: tuple[str, ...]
    requirement: str
    holds: Callable[[T], bool]


class Reader:
    """Reads tables and collects their problems. The default replaces an invalid value."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._invalid: set[str] = set()

    def table[T](self, shape: type[T], values: Mapping[str, object], at: str = "", **fixed: object) -> T:
        """Reads a table at the path `at`, which ends with a dot. The file cannot set `fixed` fields."""
        known = {it.name.rstrip("_"): it for it in fields(cast(Any, shape)) if it.name not in fixed}
        for key, value in values.items():
            try:
                if key not in known:
                    raise ValueError(self._unknown(key, known, at))
                fixed[known[key].name] = self._value(known[key].type, value, at + key)
            except ValueError as error:
                self._invalid.add(at + key)
                self.problems.append(f"{at}{_shown_key(key)} = {_shown(value)}: {error}")
        return shape(**fixed)

    def check[T](self, settings: T, rules: Iterable[Rule[T]]) -> None:
        """Checks rules, except those about invalid values."""
        for rule in rules:
            values = {key.replace("_.", "."): attrgetter(key)(settings) for key in rule.keys}
            invalid = any(f"{key}.".startswith(f"{bad}.") for key in values for bad in self._invalid)
            if not invalid and not rule.holds(settings):
                shown = ", ".join(f"{key} = {_shown(value)}" for key, value in values.items())
                self.problems.append(f"{shown}: {rule.requirement}")

    def _value(self, kind: Any, value: object, at: str) -> object:
        if isinstance(kind, type) and is_dataclass(kind):
            if not isinstance(value, dict):
                raise ValueError("must be a table")
            return self.table(kind, value, f"{at}.")
        _, how = get_args(kind)  # Annotated[int, WholeNumber(…)]
        read = how.read(value)
        return tuple(self._entries(how, read, f"{at}.")) if isinstance(how, TableOf) else read

    def _entries(
        self, table: TableOf, entries: Mapping[str, Mapping[str, object]], at: str
    ) -> Iterator[object]:
        own, main = (field.name for field in fields(table.shape)[:2])
        for key, values in entries.items():
            try:
                table.key.read(key)
                if main not in values:
                    raise ValueError(f"must have {main}")
                yield self.table(table.shape, values, f"{at}{_shown_key(key)}.", **{own: key})
            except ValueError as error:
                self.problems.append(f"{at}{_shown_key(key)}: {error}")

    def _unknown(self, key: str, known: Iterable[str], at: str) -> str:
        for similar in get_close_matches(key, known, n=1):
            self._invalid.add(at + similar)
            return f"unknown; did you mean {at}{similar}?"
        return f"unknown; must be one of {', '.join(known)}"


def parse(file: Path) -> dict[str, object]:
    """Returns the tables of a file. Raises ValueError with line and column of the problem."""
    try:
        raw = file.read_bytes()
        text = raw.decode()
        return tomllib.loads(text)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(f"not UTF-8: byte 0x{raw[error.start]:02x} in line {line}") from None
    except RecursionError:
        raise ValueError("not TOML: nested too deeply") from None
    except ValueError as error:
        lines = text.split("\n")
        end = f"at line {len(lines)}, column {len(lines[-1]) + 1}, the end of the file"
        raise ValueError(f"not TOML: {str(error).replace('at end of document', end)}") from None


def _shown_key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else json.dumps(key)


def _shown(value: object) -> str:
    text = json.dumps(value, default=_plain)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _plain(value: object) -> int | str:
    return int(value.total_seconds()) if isinstance(value, timedelta) else str(value)
