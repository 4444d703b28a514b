"""Who may come in after that could not before: rules of security groups and network lists."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterator
from typing import Any, NamedTuple

from ops.review.judges.case import Case
from ops.review.knowledge import Doors
from ops.review.plan.plan import UNKNOWN, Change
from ops.review.plan.values import pick
from ops.review.report import Finding

ANY_PROTOCOL = ("-1", "all", -1)
WIDE = {4: 8, 6: 32}  # a prefix as short as this is as good as the world


class Door(NamedTuple):
    """A source that may reach ports of a group; from 0 to 65535 is all of them."""

    group: str
    protocol: str
    low: int
    high: int
    source: str


def doors(case: Case) -> Iterator[Finding]:
    """What is open after and was not before, in the whole plan: a rule that moves opens nothing."""
    watched = [(change, kind) for change in case.transitions() for kind in _kinds(case, change)]
    before: dict[str, set[Door]] = {}
    for change, kind in watched:
        for door in _doors(case, kind, change, change.before):
            before.setdefault(door.group, set()).add(door)
    for change, kind in watched:
        # A group that is replaced gets an id that is not known yet; its rules are its own all the same.
        own = [door._replace(group=str(UNKNOWN)) for door in _doors(case, kind, change, change.before)]
        new = [
            door
            for door in _doors(case, kind, change, change.after)
            if not any(_covers(old, door) for old in (*before.get(door.group, ()), *own))
        ]
        for door in dict.fromkeys(new):
            if _world(door.source):
                yield case.finding(
                    "network/opened", change, title=f"opens {_ports(door)} to the world ({door.source})"
                )
            elif change.before is not None or not _group_is_new(case, change, door):
                yield case.finding(
                    "network/widened", change, title=f"lets {door.source} reach {_ports(door)}"
                )


def opened(case: Case, change: Change) -> list[str]:
    """What one change on its own opens to the world."""
    return [
        f"{_ports(door)} to {door.source}"
        for kind in _kinds(case, change)
        for door in _doors(case, kind, change, change.after)
        if _world(door.source)
        and not any(_covers(old, door) for old in _doors(case, kind, change, change.before))
    ]


def _kinds(case: Case, change: Change) -> list[Doors]:
    return [kind for kind in case.knowledge.doors if kind.type == change.type]


def _group_is_new(case: Case, change: Change, door: Door) -> bool:
    """A group that is created with its rules lets nobody in who could come before."""
    return change.type.endswith("security_group") or door.group == str(UNKNOWN)


def _doors(case: Case, kind: Doors, change: Change, tree: Any) -> Iterator[Door]:
    if not isinstance(tree, dict):
        return
    known = case.knowledge
    group = str(tree.get(kind.group, change.address))
    for row in pick(tree, kind.list) if kind.list else [tree]:
        if not isinstance(row, dict) or any(
            row.get(name, value) != value for name, value in kind.only.items()
        ):
            continue
        low, high, protocol = _range(row)
        for name in (*known.door_addresses, *known.door_others):
            for source in pick(row, name):
                if isinstance(source, str) and source:
                    yield Door(group, protocol, low, high, source)


def _range(row: dict[str, Any]) -> tuple[int, int, str]:
    protocol = row.get("protocol", row.get("ip_protocol", "-1"))
    low, high = row.get("from_port"), row.get("to_port")
    if protocol in ANY_PROTOCOL or not isinstance(low, int) or not isinstance(high, int):
        return 0, 65535, "any" if protocol in ANY_PROTOCOL else str(protocol)
    return (0, 65535, str(protocol)) if low == -1 else (low, high, str(protocol))


def _covers(old: Door, new: Door) -> bool:
    return (
        old.group == new.group
        and old.protocol in ("any", new.protocol)
        and old.low <= new.low
        and new.high <= old.high
        and _contains(old.source, new.source)
    )


def _contains(wide: str, narrow: str) -> bool:
    if wide == narrow:
        return True
    one, other = _network(wide), _network(narrow)
    if one is None or other is None or one.version != other.version:
        return False
    return other.subnet_of(one)  # type: ignore[arg-type]  # of one version


def _world(source: str) -> bool:
    network = _network(source)
    return network is not None and not network.is_private and network.prefixlen <= WIDE[network.version]


@functools.lru_cache(maxsize=4096)
def _network(source: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(source, strict=False)
    except ValueError:
        return None


def _ports(door: Door) -> str:
    if (door.low, door.high) == (0, 65535):
        return "every port" if door.protocol == "any" else f"every {door.protocol} port"
    ports = str(door.low) if door.low == door.high else f"{door.low}-{door.high}"
    return f"{door.protocol} {ports}"
