"""The changed part of the architecture as SVG, laid out by Graphviz when the page is written."""

import json
import re
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ops import checkout
from ops.review.plan.plan import Action
from ops.review.report import Node, Review
from ops.run import run

DRAW = Path(__file__).with_name("draw.js")
SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.DESTROY: "−",  # noqa: RUF001  (a minus, as wide as the plus)
    Action.FORGET: "×",  # noqa: RUF001
}
PAGE_WIDTH, SMALLEST = 1150, 0.75  # a wide picture is scaled down to fit, as long as it stays readable
LONGEST_NAME, LONGEST_TYPE = 24, 29  # characters of the lines in a node
IN_A_ROW = 4  # nodes without an edge
STYLE: dict[str, dict[str, Any]] = {
    "graphAttributes": {"rankdir": "LR", "bgcolor": "transparent", "nodesep": 0.15, "ranksep": 0.6},
    "nodeAttributes": {
        "shape": "box",
        "style": "rounded",
        "fontname": "Arial",
        "fontsize": 10,
        "fixedsize": True,
        "width": 2.3,  # inches
        "height": 0.48,
    },
    "edgeAttributes": {"arrowsize": 0.6},
}


def pictures(reviews: Sequence[Review]) -> list[str]:
    """Returns one SVG for each review, "" where nothing changes. A node leads to `#row-NUMBER-PLACE`.

    Raises Problem where Node or @viz-js/viz is missing.
    """
    graphs = [_viz_graph(review, number) for number, review in enumerate(reviews) if review.graph.changed]
    if not graphs:
        return [""] * len(reviews)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(graphs, file)
        file.flush()
        output = run([checkout.node_folder() / "node", DRAW, file.name], capture=True).stdout
    drawn = iter(json.loads(output))
    return [_embeddable(next(drawn)) if review.graph.changed else "" for review in reviews]


def _viz_graph(review: Review, number: int) -> dict[str, Any]:
    """The graph as viz-js takes it: https://viz-js.com/api/."""
    graph = review.graph.gravest()
    links = {row.address: f"#row-{number}-{place}" for place, row in enumerate(review.rows)}
    linked = {end for edge in graph.edges for end in (edge.source, edge.target)}
    single = [node.address for node in graph.nodes if node.address not in linked]
    # Invisible edges put nodes without an edge into rows; Graphviz would put them all into one column.
    rows = [(one, other) for at, (one, other) in enumerate(pairwise(single), 1) if at % IN_A_ROW]
    return {
        **STYLE,
        "directed": True,
        "graphAttributes": {**STYLE["graphAttributes"], "id": f"picture-{number}"},  # prefix of all ids in it
        "nodes": [_viz_node(node, links.get(node.address, "")) for node in graph.nodes],
        "edges": [
            *({"tail": _name(edge.source), "head": _name(edge.target)} for edge in graph.edges),
            *(
                {"tail": _name(one), "head": _name(other), "attributes": {"style": "invis"}}
                for one, other in rows
            ),
        ],
    }


def _viz_node(node: Node, link: str) -> dict[str, Any]:
    construct = _shortened(f"{SIGNS.get(node.action, '')} {node.construct}".strip(), LONGEST_NAME)
    kind = _shortened(node.type.removeprefix("aws_"), LONGEST_TYPE)
    attributes = {
        "class": f"{node.action.name.lower()} {node.verdict.name.lower()}",
        "label": f"{_text(construct)}\\n{_text(kind)}",
        "tooltip": _text(f"{node.address}: {node.action}".replace("\\", "\\\\")),  # unescaped twice
        "href": link,
    }
    return {"name": _name(node.address), "attributes": attributes}


def _name(address: str) -> str:
    """The address without entities of HTML, which Graphviz would decode."""
    return address.replace("&", "&amp;")


def _text(text: str) -> str:
    """The text without https://graphviz.org/docs/attr-types/escString/ and entities of HTML."""
    return _name(text.replace("\\", "\\\\"))


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _embeddable(svg: str) -> str:
    """The element alone, in pixels: as wide as the page, or wider where it could not be read."""
    element = svg[svg.index("<svg") :]
    natural = re.search(r'width="(\d+)pt" height="(\d+)pt"', element)
    assert natural
    width, height = (int(points) * 96 / 72 for points in natural.groups())
    scale = max(min(1, PAGE_WIDTH / width), SMALLEST)
    size = f'width="{width * scale:.0f}" height="{height * scale:.0f}" role="group"'
    return element.replace(natural[0], size, 1)
