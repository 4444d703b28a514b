"""The changed part of the architecture as a Mermaid picture: https://mermaid.js.org/syntax/flowchart.html."""

from ops.review.plan.plan import Action
from ops.review.report import Graph, Node
from ops.review.verdict import Verdict

SIGNS = {
    Action.CREATE: "+ ",
    Action.UPDATE: "~ ",
    Action.REPLACE: "-/+ ",
    Action.DESTROY: "- ",
    Action.FORGET: "x ",
}
CLASSES = (
    "classDef destroy stroke:#cf222e,stroke-width:3px",
    "classDef replace stroke:#cf222e,stroke-width:3px,stroke-dasharray:5",
    "classDef create stroke:#1a7f37,stroke-width:2px",
    "classDef update stroke:#9a6700,stroke-width:2px",
    "classDef danger fill:#ffebe9,color:#82071e",
)


def picture(graph: Graph) -> str:
    """Returns the picture of the 25 gravest nodes; empty when nothing changes."""
    if not graph.changed:
        return ""
    drawn = graph.gravest()
    names = {node.address: f"n{number}" for number, node in enumerate(drawn.nodes)}
    lines = ["flowchart LR", *(_node(names[node.address], node) for node in drawn.nodes)]
    lines += [f"  {names[edge.source]} --> {names[edge.target]}" for edge in drawn.edges]
    if graph.changed > drawn.changed:
        lines.append(f'  more["and {graph.changed - drawn.changed} more that change"]')
    return "\n".join([*lines, *(f"  {each}" for each in CLASSES)])


def _node(name: str, node: Node) -> str:
    label = f"{SIGNS.get(node.action, '')}{node.construct}<br/>{node.type.removeprefix('aws_')}"
    safe = label.replace('"', "#quot;").replace("`", "'")
    drawn = f'  {name}["{safe}"]'
    if node.verdict >= Verdict.DANGEROUS:
        return f"{drawn}:::danger"
    return f"{drawn}:::{node.action}" if node.action in ("create", "update", "replace", "destroy") else drawn
