"""Probable renames: a destroyed resource and a similar created one of the same type."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product

from ops.review.judges.case import Case
from ops.review.knowledge import Knowledge
from ops.review.plan.plan import UNKNOWN, Change, Hidden
from ops.review.plan.values import leaves, normal
from ops.review.report import Finding

ENOUGH = 0.8  # share of the new one's known values that the old one must have


def probable_renames(changes: tuple[Change, ...], knowledge: Knowledge) -> Mapping[str, Change]:
    """Returns the destroyed change by the created address; each change belongs to one pair at most."""
    old: dict[str, list[Change]] = defaultdict(list)
    new: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.managed and change.actions == ("delete",) and not change.deposed:
            old[change.type].append(change)
        elif change.managed and change.actions == ("create",):
            new[change.type].append(change)
    found: dict[str, Change] = {}
    used: set[str] = set()
    for type_ in new:
        pairs = [(likeness(*pair, knowledge), *pair) for pair in product(old[type_], new[type_])]
        pairs.sort(key=lambda pair: (-pair[0], pair[2].address, pair[1].address))
        for score, destroyed, created in pairs:
            if score >= ENOUGH and created.address not in found and destroyed.address not in used:
                found[created.address] = destroyed
                used.add(destroyed.address)
    return found


def likeness(old: Change, new: Change, knowledge: Knowledge) -> float:
    """Returns the share (0 to 1) of the new one's known values that the old one has; 0 for other names."""
    before, after = old.before or {}, new.after or {}
    identity = knowledge.names["identity"]
    named = [name for name in identity if isinstance(after.get(name), str) and before.get(name)]
    if any(before[name] != after[name] for name in named):
        return 0.0
    known = [
        name
        for name, value in after.items()
        if normal(value) is not None and not _unsure(value) and not knowledge.is_computed(new.type, name)
    ]
    equal = sum(normal(before.get(name)) == normal(after[name]) for name in known)
    part = equal / len(known) if known else 0.0
    return max(part, ENOUGH) if named and part > 0.5 else part * (1.0 if len(known) > 1 else 0.5)


def _unsure(value: object) -> bool:
    return value == UNKNOWN or any(leaf == UNKNOWN or isinstance(leaf, Hidden) for _, leaf in leaves(value))


def renames(case: Case) -> Iterator[Finding]:
    """Yields a finding for each pair, with the line that moves the resource instead."""
    for address, old in case.renames.items():
        new = case.plan.by_address[address]
        hcl = f"moved {{ from = {old.address}, to = {address} }}"
        yield case.finding(
            "rename/probable",
            new,
            old,
            title=f"is probably {old.address} renamed: the plan destroys the old one instead of moving it",
            details=(f"With this line, the plan only moves it. In HCL: {hcl}",),
            paste=_move(old, new),
        )


def _move(old: Change, new: Change) -> str:
    """The line to add at the end of the stack's `__init__`."""
    finds = "".join(f".node.find_child({step!r})" for step in new.path.split("/")) if new.path else ""
    resource = f"self{finds}" if finds else "resource"
    return f'{resource}.move_from_id("{old.address}")'.replace("'", '"')
