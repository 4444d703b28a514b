"""The changed part of the architecture: what changes, and what it touches."""

from __future__ import annotations

from collections.abc import Mapping

from ops.review.plan.plan import Action, Change, Plan, unindexed
from ops.review.plan.stack import construct
from ops.review.report import Edge, Graph, Node, Row, Verdict

WEIGHT = {Action.DESTROY: 5, Action.REPLACE: 4, Action.CREATE: 3, Action.UPDATE: 2, Action.FORGET: 2}


def graph(plan: Plan, rows: tuple[Row, ...]) -> Graph:
    """Changed resources first, the gravest before the others, then unchanged ones that they refer to."""
    changed = sorted(rows, key=lambda row: (-row.verdict, -WEIGHT.get(row.action, 1), row.address))
    nodes = {
        row.address: Node(row.address, row.type, row.construct, row.action, row.verdict) for row in changed
    }
    instances: dict[str, list[str]] = {}
    for change in plan.changes:
        if change.managed and not change.deposed:
            instances.setdefault(unindexed(change.address), []).append(change.address)
    edges: dict[Edge, None] = {}
    for source, targets in sorted(plan.references.items()):
        for target in sorted(targets):
            for one in instances.get(source, ()):
                for other in instances.get(target, ()):
                    if (one in nodes or other in nodes) and one != other:
                        edges[Edge(one, other)] = None
    touched = dict.fromkeys(end for edge in edges for end in (edge.source, edge.target) if end not in nodes)
    return Graph(
        nodes=(*nodes.values(), *(_unchanged(plan.by_address, address) for address in touched)),
        edges=tuple(edges),
    )


def _unchanged(by_address: Mapping[str, Change], address: str) -> Node:
    change = by_address[address]
    return Node(address, change.type, construct(change.path, address), Action.NO_OP, Verdict.SAFE)
