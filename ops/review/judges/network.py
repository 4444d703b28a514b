"""Network exposure: ingress rules of security groups and network ACLs that a plan adds or widens."""

import functools
import ipaddress
from collections.abc import Iterator
from typing import Any, NamedTuple

from ops.review.judges.case import Case
from ops.review.knowledge import IngressRules
from ops.review.plan.plan import UNKNOWN, Change
from ops.review.plan.values import pick
from ops.review.report import Finding

ANY_PROTOCOL = ("-1", "all", -1)
WIDE = {4: 8, 6: 32}  # a public prefix this short or shorter counts as the whole internet


class Ingress(NamedTuple):
    """Represents a source that may reach ports of a group; ports 0 to 65535 are all."""

    group: str
    protocol: str
    low: int
    high: int
    source: str


def network_exposure(case: Case) -> Iterator[Finding]:
    """Yields ingress that the whole plan adds: a rule that only moves to another address adds none."""
    relevant = [(change, rules) for change in case.transitions() for rules in _rules(case, change)]
    before: dict[str, set[Ingress]] = {}
    for change, rules in relevant:
        for ingress in _ingress(case, rules, change, change.before):
            before.setdefault(ingress.group, set()).add(ingress)
    for change, rules in relevant:
        # A replaced group gets an id that is not known yet; its own rules still belong to it.
        own = [old._replace(group=str(UNKNOWN)) for old in _ingress(case, rules, change, change.before)]
        added = [
            ingress
            for ingress in _ingress(case, rules, change, change.after)
            if not any(_covers(old, ingress) for old in (*before.get(ingress.group, ()), *own))
        ]
        for ingress in dict.fromkeys(added):
            ports, source = _ports(ingress), ingress.source
            if _is_internet(source):
                yield case.finding(
                    "network/opened", change, title=f"opens {ports} to the internet ({source})"
                )
            elif change.before is not None or not _has_new_group(change, ingress):
                yield case.finding("network/widened", change, title=f"lets {source} reach {ports}")


def opened(case: Case, change: Change) -> list[str]:
    """Returns the ports that one change alone opens to the internet, such as `tcp 22 to 0.0.0.0/0`."""
    return [
        f"{_ports(ingress)} to {ingress.source}"
        for rules in _rules(case, change)
        for ingress in _ingress(case, rules, change, change.after)
        if _is_internet(ingress.source)
        and not any(_covers(old, ingress) for old in _ingress(case, rules, change, change.before))
    ]


def _rules(case: Case, change: Change) -> list[IngressRules]:
    return [rules for rules in case.knowledge.ingress_rules if rules.type == change.type]


def _has_new_group(change: Change, ingress: Ingress) -> bool:
    """Returns whether the plan creates the group, so that its rules expose nothing yet."""
    return change.type.endswith("security_group") or ingress.group == str(UNKNOWN)


def _ingress(case: Case, rules: IngressRules, change: Change, tree: Any) -> Iterator[Ingress]:
    if not isinstance(tree, dict):
        return
    group = str(tree.get(rules.group, change.address))
    for row in pick(tree, rules.list) if rules.list else [tree]:
        if not isinstance(row, dict) or any(
            row.get(name, value) != value for name, value in rules.only.items()
        ):
            continue
        low, high, protocol = _range(row)
        for name in case.knowledge.ingress_sources:
            for source in pick(row, name):
                if isinstance(source, str) and source:
                    yield Ingress(group, protocol, low, high, source)


def _range(row: dict[str, Any]) -> tuple[int, int, str]:
    protocol = row.get("protocol", row.get("ip_protocol", "-1"))
    low, high = row.get("from_port"), row.get("to_port")
    if protocol in ANY_PROTOCOL or not isinstance(low, int) or not isinstance(high, int):
        return 0, 65535, "any" if protocol in ANY_PROTOCOL else str(protocol)
    return (0, 65535, str(protocol)) if low == -1 else (low, high, str(protocol))


def _covers(old: Ingress, new: Ingress) -> bool:
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


def _is_internet(source: str) -> bool:
    network = _network(source)
    return network is not None and not network.is_private and network.prefixlen <= WIDE[network.version]


@functools.lru_cache(maxsize=4096)
def _network(source: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(source, strict=False)
    except ValueError:
        return None


def _ports(ingress: Ingress) -> str:
    if (ingress.low, ingress.high) == (0, 65535):
        return "every port" if ingress.protocol == "any" else f"every {ingress.protocol} port"
    ports = str(ingress.low) if ingress.low == ingress.high else f"{ingress.low}-{ingress.high}"
    return f"{ingress.protocol} {ports}"
