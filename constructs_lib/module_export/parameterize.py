"""One template out of two syntheses: what differs between them is what was put in.

Every setting that is to become a variable gets another value in each synthesis. Where both results have the
same, it depends on no variable; where they differ in exactly the values of one variable, an expression takes
their place; anything else was computed from a setting in Python, and is refused by its path. So a construct
needs to know nothing of variables, and none of what it computes can be lost unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

type Value = str | int
NUMBER = re.compile(r"(\d+(?:\.\d+)?)")
TOKEN = re.compile(r'\0\d+\0|\$\$\{|\$\{|\\["\\]|["{}$]|[^\0$\\"{}]+|.', re.DOTALL)
MARK = "\0"  # around the number of a placeholder; no text of ours holds one


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A Terraform expression, and its value in the first and in the second synthesis, of the same type."""

    expression: str
    one: Value
    two: Value


class ParameterizeError(Exception):
    """Every place that depends on a variable in a way that no expression says."""

    def __init__(self, places: Sequence[str]) -> None:
        self.places = tuple(places)
        super().__init__("\n".join(places))


def parameterize(one: Any, two: Any, placeholders: Sequence[Placeholder]) -> Any:
    """Parsed Terraform JSON of two syntheses as one. Raises ParameterizeError."""
    made = _Comparison(placeholders)
    result = made.both(one, two, "")
    if made.places:
        raise ParameterizeError(made.places)
    return result


class _Comparison:
    def __init__(self, placeholders: Sequence[Placeholder]) -> None:
        self.places: list[str] = []
        self._expressions = [it.expression for it in placeholders]
        # By type too: to Python True is 1.
        self._by_values = {(type(it.one), it.one, it.two): n for n, it in enumerate(placeholders)}
        texts = [
            (n, str(it.one), str(it.two)) for n, it in enumerate(placeholders) if isinstance(it.one, str)
        ]
        self._texts = sorted(
            texts, key=lambda it: len(it[1]), reverse=True
        )  # of two, the longer one is meant

    def both(self, one: Any, two: Any, at: str) -> Any:
        if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
            return {key: self.both(one[key], two[key], f"{at}.{key}") for key in one}
        if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
            return [self.both(*pair, f"{at}[{n}]") for n, pair in enumerate(zip(one, two, strict=True))]
        if one == two and type(one) is type(two):
            return one
        marked: str | None = None
        whole = self._by_values.get((type(one), one, two)) if isinstance(one, str | int) else None
        if whole is not None:
            marked = f"{MARK}{whole}{MARK}"
        elif isinstance(one, str) and isinstance(two, str):
            marked = self._marked(one, two)
        if marked is None:
            self.places.append(f"{at.lstrip('.')}: {one!r} and {two!r}")
            return None
        return "".join(_written(marked, self._expressions))

    def _marked(self, one: str, two: str) -> str | None:
        """The text with a mark for each placeholder, or None."""
        for n, text_one, text_two in self._texts:
            one = one.replace(text_one, f"{MARK}{n}{MARK}")
            two = two.replace(text_two, f"{MARK}{n}{MARK}")
        parts, others = NUMBER.split(one), NUMBER.split(two)
        if len(parts) != len(others):
            return None
        for place, (part, other) in enumerate(zip(parts, others, strict=True)):
            if part != other:
                digits = part.isdecimal() and other.isdecimal()
                number = self._by_values.get((int, int(part), int(other))) if digits else None
                if number is None:
                    return None
                parts[place] = f"{MARK}{number}{MARK}"
        return "".join(parts)


def _written(text: str, expressions: Sequence[str]) -> Iterator[str]:
    """Marks as expressions: bare inside of `${…}`, interpolated in text, be it a string inside of `${…}`."""
    inside: list[str] = []  # what is open: `${`, `{` and, inside of these, `"`
    for found in TOKEN.finditer(text):
        token, bare = found[0], bool(inside) and inside[-1] != '"'
        if token.startswith(MARK):
            expression = expressions[int(token.strip(MARK))]
            yield expression if bare else f"${{{expression}}}"
            continue
        if token == "$" and text.startswith(MARK, found.end()):
            token = '${"$"}'  # with what follows it would be `$${`, which Terraform takes for a plain `${`
        elif token == "${" and not bare:
            inside.append(token)
        elif token == '"' and inside:
            if bare:
                inside.append(token)
            else:
                inside.pop()
        elif token == "{" and bare:
            inside.append(token)
        elif token == "}" and bare:
            inside.pop()
        yield token
