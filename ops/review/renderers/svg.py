"""The changed part of the architecture as a picture, laid out here: nothing is fetched for it."""

from __future__ import annotations

from ops.review.plan.plan import Action
from ops.review.renderers.layout import HEIGHT, WIDTH, layout
from ops.review.renderers.markup import Markup, element, join
from ops.review.report import Graph, Node

MOST = 25
MARGIN = 8
PAGE, SMALLEST_PERCENT = 1150, 75  # a wide picture is made smaller to fit, as long as it can be read
LETTERS, SMALL_LETTERS = 24, 29  # of the two lines in a node
SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.DESTROY: "−",  # noqa: RUF001  (a minus, as wide as the plus)
    Action.FORGET: "×",  # noqa: RUF001
}


def picture(graph: Graph, links: dict[str, str], title: str) -> Markup | None:
    """At most 25 nodes, the gravest; None when nothing changes. `links`: what a node leads to, by address."""
    if all(node.action is Action.NO_OP for node in graph.nodes):
        return None
    nodes = graph.nodes[:MOST]
    kept = {node.address for node in nodes}
    edges = [(edge.source, edge.target) for edge in graph.edges if {edge.source, edge.target} <= kept]
    drawing = layout([node.address for node in nodes], edges)
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    shown = max(min(width, PAGE), width * SMALLEST_PERCENT // 100)
    left = sum(node.action is not Action.NO_OP for node in graph.nodes[MOST:])
    drawn = element(
        "svg",
        element("title", title),
        *(_edge(drawing.places[one], drawing.places[other]) for one, other in edges),
        *(_node(node, *drawing.places[node.address], links.get(node.address)) for node in nodes),
        xmlns="http://www.w3.org/2000/svg",
        role="group",
        viewBox=f"{-MARGIN} {-MARGIN} {width} {height}",
        width=shown,
        height=height * shown // width,
    )
    words = "+ create  ~ update  ± replace  − destroy  × forget; dashed: unchanged; an arrow: refers to"  # noqa: RUF001
    more = f"; {left} more that change are not drawn" if left else ""
    region = element("div", drawn, class_="picture", tabindex=0, role="region", aria_label=title)
    return element("figure", region, element("figcaption", words + more))


def _node(node: Node, x: int, y: int, link: str | None) -> Markup:
    sign = SIGNS.get(node.action, "")
    name = _short(f"{sign} {node.construct}".strip(), LETTERS)
    kind = _short(node.type.removeprefix("aws_"), SMALL_LETTERS)
    state = f"{node.action.name.lower()} {node.verdict.name.lower()}"
    body = join(
        element("title", f"{node.address}: {node.action}"),
        element("rect", x=x, y=y, width=WIDTH, height=HEIGHT, rx=6),
        element("text", name, x=x + 10, y=y + 19, class_="name"),
        element("text", kind, x=x + 10, y=y + 36, class_="kind"),
    )
    if link is None:
        return element("g", body, class_=f"node {state}")
    return element("a", body, href=link, class_=f"node {state}")


def _edge(source: tuple[int, int], target: tuple[int, int]) -> Markup:
    x, y = source[0] + WIDTH, source[1] + HEIGHT // 2
    end, below = target[0], target[1] + HEIGHT // 2
    bend = max(30, abs(end - x) // 2)
    curve = f"M{x},{y} C{x + bend},{y} {end - bend},{below} {end - 6},{below}"
    head = f"M{end - 7},{below - 4} L{end},{below} L{end - 7},{below + 4} Z"
    return join(element("path", d=curve, class_="edge"), element("path", d=head, class_="head"))


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
