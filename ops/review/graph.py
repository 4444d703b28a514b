"""The changed part of the architecture: changed resources and their neighbours."""

from ops.review.plan.plan import Action, Plan, unindexed
from ops.review.plan.stack import construct
from ops.review.report import Edge, Graph, Node, Row
from ops.review.verdict import Verdict

WEIGHT = {Action.DESTROY: 5, Action.REPLACE: 4, Action.CREATE: 3, Action.UPDATE: 2, Action.FORGET: 2}


def graph(plan: Plan, rows: tuple[Row, ...]) -> Graph:
    """Returns changed resources, the gravest first, then unchanged ones that are linked to them."""
    changed = sorted(rows, key=lambda row: (-row.verdict, -WEIGHT.get(row.action, 1), row.address))
    nodes = {
        row.address: Node(row.address, row.type, row.construct, row.action, row.verdict) for row in changed
    }
    instances: dict[str, list[str]] = {}
    for change in plan.changes:
        if change.managed and not change.deposed:
            instances.setdefault(unindexed(change.address), []).append(change.address)
    edges = dict.fromkeys(
        Edge(one, other)
        for source, targets in sorted(plan.references.items())
        for target in sorted(targets)
        for one in instances.get(source, ())
        for other in instances.get(target, ())
        if one != other and (one in nodes or other in nodes)
    )
    for address in [end for edge in edges for end in (edge.source, edge.target)]:
        if address not in nodes:
            change = plan.by_address[address]
            name = construct(change.path, address)
            nodes[address] = Node(address, change.type, name, Action.NO_OP, Verdict.SAFE)
    return Graph(nodes=tuple(nodes.values()), edges=tuple(edges))
