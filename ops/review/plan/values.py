"""Compare the trees of attributes that a plan holds, and say what differs without showing a secret."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from ops.review.knowledge import Knowledge
from ops.review.plan.plan import Hidden, Steps, Unknown
from ops.review.plan.secrets import Vault, parsed

LONGEST = 80


class Difference(NamedTuple):
    """A place where two trees differ; None on a side where nothing is."""

    steps: Steps
    before: Any
    after: Any

    @property
    def name(self) -> str:
        return dotted(self.steps)


def dotted(steps: Steps) -> str:
    """`rule[0].status`."""
    words = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps]
    return "".join(words).removeprefix(".")


def normal(value: Any) -> Any:
    """The value without what means nothing: null, "", {} and [] are one, and JSON in a text is its object."""
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
    """Whether two trees mean the same."""
    return bool(before == after) or normal(before) == normal(after)


def differences(before: Any, after: Any, at: Steps = ()) -> Iterator[Difference]:
    """Where two trees differ, as deep as can be said."""
    if before == after:
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        left, right = before or {}, after or {}
        for name in dict.fromkeys([*left, *right]):
            yield from differences(left.get(name), right.get(name), (*at, name))
    elif _rows(before) and _rows(after):
        yield from _differing_rows(before or [], after or [], at)
    elif normal(before) != normal(after):
        yield Difference(at, before, after)


def _rows(value: Any) -> bool:
    """Nothing, or a list of objects."""
    return value is None or (
        isinstance(value, list) and type(value) is list and all(isinstance(each, dict) for each in value)
    )


def _differing_rows(before: list[Any], after: list[Any], at: Steps) -> Iterator[Difference]:
    if len(before) != len(after):
        left = [each for each in before if not any(same(each, other) for other in after)]
        right = [each for each in after if not any(same(each, other) for other in before)]
        if not (left and right):
            for index, each in enumerate(left):
                yield from differences(each, None, (*at, index))
            for index, each in enumerate(right):
                yield from differences(None, each, (*at, index))
            return
        before, after = left, right
    longest = max(len(before), len(after))
    for index in range(longest):
        yield from differences(
            before[index] if index < len(before) else None,
            after[index] if index < len(after) else None,
            (*at, index),
        )


def pick(tree: Any, path: str) -> list[Any]:
    """The values at a path such as `rule.status`; lists on the way are gone through, None is left out."""
    found = [tree]
    for step in path.split("."):
        found = [each.get(step) for each in _flat(found) if isinstance(each, dict)]
    return [each for each in _flat(found) if each is not None]


def _flat(values: list[Any]) -> Iterator[Any]:
    for each in values:
        if type(each) is list:
            yield from _flat(each)
        else:
            yield each


def leaves(tree: Any, at: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Everything in a tree that is neither a container nor nothing."""
    if isinstance(tree, dict):
        for name, each in tree.items():
            yield from leaves(each, (*at, name))
    elif type(tree) is list:
        for index, each in enumerate(tree):
            yield from leaves(each, (*at, index))
    elif tree is not None and tree != "":
        yield at, tree


def amount(name: str, value: Any, knowledge: Knowledge) -> float | None:
    """A number to compare; one that means "without limit" is the greatest. None for what is no number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return math.inf if knowledge.unlimited.get(name) == value else value


def is_secret(steps: Steps, knowledge: Knowledge) -> bool:
    """Whether the name of a place says that a secret is there, whatever the plan marks."""
    names = [step for step in steps if isinstance(step, str)]
    if _free(steps, knowledge):
        return any(word in names[-1].lower() for word in knowledge.names["secret_words"])
    return not knowledge.names["secret"].isdisjoint(names)


def shown(steps: Steps, value: Any, knowledge: Knowledge, vault: Vault) -> str:
    """The value as it may be shown: by its keyed hash, unless the place is known to hold no secret."""
    if value is None:
        return ""
    if isinstance(value, Hidden | Unknown):
        return str(value)
    if isinstance(value, dict):
        return f"{len(value)} entries #{vault.digest(value)}"
    if isinstance(value, list):
        if len(value) > 8 or any(isinstance(each, dict | list) for each in value):
            return f"{len(value)} entries #{vault.digest(value)}"
        return f"[{', '.join(shown(steps, each, knowledge, vault) for each in value)}]"
    if is_secret(steps, knowledge):
        return f"secret #{vault.digest(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and not _free(steps, knowledge):
        return str(value)
    if not _open(steps, knowledge):
        return f"#{vault.digest(value)}"
    value = str(value)
    return f'"{value[:LONGEST]}…"' if len(value) > LONGEST else f'"{value}"'


def _open(steps: Steps, knowledge: Knowledge) -> bool:
    """Whether a text at this place may be read by everybody."""
    names = [step for step in steps if isinstance(step, str)]
    name = ".".join(names[-2:] if _free(steps, knowledge) else names[-1:])
    return name in knowledge.names["shown"]


def _free(steps: Steps, knowledge: Knowledge) -> bool:
    """Whether the last name is anybody's choice: a tag, a variable."""
    names = [step for step in steps if isinstance(step, str)]
    return not knowledge.names["free"].isdisjoint(names[:-1])
