"""Parameterization: one template from two syntheses that differ only in the values of variables.

Every setting that becomes a variable has another value in each synthesis. A value that is equal in both
results depends on no variable. A value that differs by exactly the two values of one variable becomes its
expression. Any other difference was computed from a setting in Python, and is refused with its path. So
constructs need no knowledge of variables, and no computed value is lost silently.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

type Value = str | int
NUMBER = re.compile(r"(\d+(?:\.\d+)?)")
TOKEN = re.compile(r'\0\d+\0|\$\$\{|\$\{|\\["\\]|["{}$]|[^\0$\\"{}]+|.', re.DOTALL)
MARKED = re.compile(r"\0(\d+)\0")
MARK = "\0"  # encloses the number of a placeholder; no synthesized text contains it


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Represents a Terraform expression and its value in the first and in the second synthesis.

    Both values have the same type. A `required` expression must replace at least one value.
    """

    expression: str
    one: Value
    two: Value
    required: bool = False


class ParameterizeError(Exception):
    """Reports all values that no expression can produce, and required expressions that replace no value."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def parameterize(one: Any, two: Any, placeholders: Sequence[Placeholder]) -> Any:
    """Returns the parsed Terraform JSON of two syntheses as one template. Raises ParameterizeError."""
    comparison = _Comparison(placeholders)
    result = comparison.merge(one, two, "")
    problems = comparison.problems + [
        f"{it.expression}: replaces no value; remove its entry"
        for n, it in enumerate(placeholders)
        if it.required and n not in comparison.used
    ]
    if problems:
        raise ParameterizeError(problems)
    return result


class _Comparison:
    def __init__(self, placeholders: Sequence[Placeholder]) -> None:
        self.problems: list[str] = []
        self.used: set[int] = set()
        self._expressions = [it.expression for it in placeholders]
        # The type is part of the key, because True == 1.
        self._by_values = {(type(it.one), it.one, it.two): n for n, it in enumerate(placeholders)}
        texts = [
            (n, str(it.one), str(it.two)) for n, it in enumerate(placeholders) if isinstance(it.one, str)
        ]
        # Longer texts first: one may contain another.
        self._texts = sorted(texts, key=lambda it: len(it[1]), reverse=True)

    def merge(self, one: Any, two: Any, at: str) -> Any:
        if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
            return {key: self.merge(one[key], two[key], f"{at}.{key}") for key in one}
        if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
            return [self.merge(*pair, f"{at}[{n}]") for n, pair in enumerate(zip(one, two, strict=True))]
        if one == two and type(one) is type(two):
            return one
        marked: str | None = None
        whole = self._by_values.get((type(one), one, two)) if isinstance(one, str | int) else None
        if whole is not None:
            marked = f"{MARK}{whole}{MARK}"
        elif isinstance(one, str) and isinstance(two, str):
            marked = self._marked(one, two)
        if marked is None:
            self.problems.append(f"{at.lstrip('.')}: {one!r} and {two!r}")
            return None
        self.used |= {int(number) for number in MARKED.findall(marked)}
        return "".join(_render(marked, self._expressions))

    def _marked(self, one: str, two: str) -> str | None:
        """Returns the text with a mark for each placeholder, or None if the texts differ otherwise."""
        for n, text_one, text_two in self._texts:
            one = one.replace(text_one, f"{MARK}{n}{MARK}")
            two = two.replace(text_two, f"{MARK}{n}{MARK}")
        parts, others = NUMBER.split(one), NUMBER.split(two)
        if len(parts) != len(others):
            return None
        for index, (part, other) in enumerate(zip(parts, others, strict=True)):
            if part != other:
                digits = part.isdecimal() and other.isdecimal()
                number = self._by_values.get((int, int(part), int(other))) if digits else None
                if number is None:
                    return None
                parts[index] = f"{MARK}{number}{MARK}"
        return "".join(parts)


def _render(text: str, expressions: Sequence[str]) -> Iterator[str]:
    """Yields the text with expressions for marks: bare inside `${…}`, interpolated in texts and strings."""
    inside: list[str] = []  # open delimiters: `${`, `{` and, inside these, `"`
    for found in TOKEN.finditer(text):
        token, bare = found[0], bool(inside) and inside[-1] != '"'
        if token.startswith(MARK):
            expression = expressions[int(token.strip(MARK))]
            yield expression if bare else f"${{{expression}}}"
            continue
        if token == "$" and text.startswith(MARK, found.end()):
            token = '${"$"}'  # before `${`, a plain dollar would make `$${`, which is an escape
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
