"""Comparison of a plan's attribute trees, and texts of their values that show no secret."""

import math
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from ops.review.knowledge import Knowledge
from ops.review.plan.plan import Hidden, Steps, Unknown
from ops.review.plan.secrets import Redactor, parsed

LONGEST = 80


class Difference(NamedTuple):
    """Represents a path at which two trees differ; a side without a value is None."""

    steps: Steps
    before: Any
    after: Any

    @property
    def name(self) -> str:
        return dotted(self.steps)

    @property
    def hides_secret(self) -> bool:
        """Returns whether the plan marks a side as sensitive."""
        return isinstance(self.before, Hidden) or isinstance(self.after, Hidden)


def dotted(steps: Steps) -> str:
    """Returns a path as text, such as `rule[0].status`."""
    words = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps]
    return "".join(words).removeprefix(".")


def normal(value: Any) -> Any:
    """Returns the value without empty parts (null, "", {}, []), and JSON in a text as its object."""
    if isinstance(value, dict):
        kept = {name: normal(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each is not None} or None
    if isinstance(value, list):
        return [normal(each) for each in value] or None
    if isinstance(value, str):
        inner = parsed(value)
        return (value or None) if inner is None else normal(inner)
    return value


def same(before: Any, after: Any) -> bool:
    """Returns whether two trees mean the same."""
    return bool(before == after) or normal(before) == normal(after)


def differences(before: Any, after: Any, at: Steps = ()) -> Iterator[Difference]:
    """Yields the paths at which two trees differ, as deep as possible."""
    if before == after:
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        for name in dict.fromkeys([*old, *new]):
            yield from differences(old.get(name), new.get(name), (*at, name))
    elif _rows(before) and _rows(after):
        old_rows, new_rows = before or [], after or []
        if len(old_rows) != len(new_rows):
            old_rows = [each for each in old_rows if not any(same(each, other) for other in after or [])]
            new_rows = [each for each in new_rows if not any(same(each, other) for other in before or [])]
        for index, (one, other) in enumerate(zip_longest(old_rows, new_rows)):
            yield from differences(one, other, (*at, index))
    elif normal(before) != normal(after):
        yield Difference(at, before, after)


def _rows(value: Any) -> bool:
    """Returns whether the value is nothing or a list of objects (a Hidden is a tuple, not a list)."""
    return value is None or (isinstance(value, list) and all(isinstance(each, dict) for each in value))


def pick(tree: Any, path: str) -> list[Any]:
    """Returns the values at a path such as `rule.status`, through all lists on the way, without None."""
    found = [tree]
    for step in path.split("."):
        found = [each.get(step) for each in _flat(found) if isinstance(each, dict)]
    return [each for each in _flat(found) if each is not None]


def _flat(values: list[Any]) -> Iterator[Any]:
    for each in values:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each


def leaves(tree: Any, at: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yields each value of a tree with its path, without containers and empty values."""
    if isinstance(tree, dict | list):
        for step, each in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(each, (*at, step))
    elif tree is not None and tree != "":
        yield at, tree


def amount(name: str, value: Any, knowledge: Knowledge) -> float | None:
    """Returns a number to compare, infinity for one that means "unlimited"; None for any other value."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return math.inf if knowledge.unlimited.get(name) == value else value


def is_secret(steps: Steps, knowledge: Knowledge) -> bool:
    """Returns whether the name of a path denotes a secret, whatever the plan marks."""
    names = _named(steps)
    if _user_named(names, knowledge):
        return any(word in names[-1].lower() for word in knowledge.names["secret_words"])
    return not knowledge.names["secret"].isdisjoint(names)


def display(steps: Steps, value: Any, knowledge: Knowledge, redactor: Redactor) -> str:
    """Returns the value as text, or its keyed hash unless the path is known to contain no secret."""
    if value is None:
        return ""
    if isinstance(value, Hidden | Unknown):
        return str(value)
    if isinstance(value, dict) or (
        isinstance(value, list) and (len(value) > 8 or any(isinstance(each, dict | list) for each in value))
    ):
        return f"{len(value)} entries #{redactor.digest(value)}"
    if isinstance(value, list):
        return f"[{', '.join(display(steps, each, knowledge, redactor) for each in value)}]"
    names = _named(steps)
    user_named = _user_named(names, knowledge)
    if is_secret(steps, knowledge):
        return f"secret #{redactor.digest(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and not user_named:
        return str(value)
    if ".".join(names[-2:] if user_named else names[-1:]) not in knowledge.names["shown"]:
        return f"#{redactor.digest(value)}"
    text = str(value)
    return f'"{text[:LONGEST]}…"' if len(text) > LONGEST else f'"{text}"'


def _named(steps: Steps) -> list[str]:
    return [step for step in steps if isinstance(step, str)]


def _user_named(names: list[str], knowledge: Knowledge) -> bool:
    """Returns whether a user chose the last name: a tag, a variable."""
    return not knowledge.names["user_named"].isdisjoint(names[:-1])
