from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ops import checkout
from ops.errors import Problem
from ops.review.plan.plan import Action
from ops.review.renderers import html
from ops.review.renderers.picture import pictures
from ops.review.report import Graph, Node, Review
from ops.review.verdict import Verdict
from tests.ops.review.pages import EVIL, TABLE, evil, large, report, review
from tests.ops.review.test_html import Parsed

pytestmark = pytest.mark.process

NODE = re.compile(r'<g id="[^"]*" class="node ')
EDGE = re.compile(r'<g id="[^"]*" class="edge"')


def of_nodes(*nodes: Node) -> Review:
    return replace(review(), graph=Graph(nodes))


def corners(svg: str) -> list[tuple[float, float]]:
    """Returns the starting point of each node's outline."""
    starts = re.findall(r'class="node .*?<path [^>]*d="M([-\d.]+),([-\d.]+)', svg, re.DOTALL)
    return [(float(x), float(y)) for x, y in starts]


def test_a_picture_has_at_most_25_nodes_and_says_what_is_left_out() -> None:
    (drawn,) = pictures([large(40)])
    assert len(NODE.findall(drawn)) == 25
    assert len(EDGE.findall(drawn)) == 24
    assert "15 more that change are not drawn" in html.render(report(large(40)))


def test_a_wide_picture_is_made_smaller_as_long_as_it_can_be_read() -> None:
    widths = [
        int(svg.partition('width="')[2].partition('"')[0]) for svg in pictures(list(map(large, (2, 5, 24))))
    ]
    assert widths[0] < 1150 == widths[1] < widths[2]


def test_long_names_are_cut_and_told_whole_to_who_asks() -> None:
    node = replace(review().graph.nodes[0], construct="A" * 60, action=Action.CREATE)
    (drawn,) = pictures([of_nodes(node)])
    assert ">+ " + "A" * 21 + "…<" in drawn
    assert f'xlink:title="{TABLE}: create"' in drawn


def test_a_link_of_a_node_leads_to_its_row_and_an_unchanged_neighbour_nowhere() -> None:
    parsed = Parsed(html.render(report(review(), review("prod", "other"))))
    ids = [it["id"] for _, it in parsed.tags if "id" in it]
    links = [it["xlink:href"] for it in parsed.all("a") if "xlink:href" in it]
    assert links == ["#row-0-0", "#row-0-1", "#row-1-0", "#row-1-1"]
    assert {"row-0-0", "row-0-1", "row-1-1"} <= set(ids)
    assert len(ids) == len(set(ids))
    classes = [it.get("class") for it in parsed.all("g")]
    assert classes.count("node no_op safe") == 2


def test_every_text_in_a_picture_is_text() -> None:
    parsed = Parsed(html.render(evil()))
    assert (len(parsed.all("script")), len(parsed.all("svg")), parsed.all("img")) == (1, 2, [])
    assert parsed.all("a")[-1]["xlink:title"] == f"{EVIL}: update"


@pytest.mark.parametrize("text", [r"a\Nb", r"a\nb\\", "a&lt;b", 'a["x"]', "<b>a</b>", "é…→"])
def test_names_are_drawn_as_they_are(text: str) -> None:
    (drawn,) = pictures([of_nodes(Node(f"aws_x.{text}", "aws_x", text, Action.CREATE, Verdict.SAFE))])
    parsed = Parsed(drawn)
    assert f"+ {text}" in parsed.texts
    assert f"aws_x.{text}" in parsed.texts  # the title
    assert parsed.all("a")[0]["xlink:title"] == f"aws_x.{text}: create"


def test_what_is_alone_stands_in_rows_of_four() -> None:
    (drawn,) = pictures([replace(large(9), graph=Graph(large(9).graph.nodes))])
    assert len({y for _, y in corners(drawn)}) == 3
    assert len({x for x, _ in corners(drawn)}) == 4
    assert EDGE.findall(drawn) == []


def test_links_go_from_left_to_right() -> None:
    (drawn,) = pictures([large(5)])
    starts = corners(drawn)
    assert starts == sorted(starts)


def test_only_what_changes_is_drawn_and_nothing_is_started_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pictures([replace(review(), graph=Graph()), review()])[0] == ""
    monkeypatch.setattr(checkout, "node_folder", lambda: Path("/nowhere"))
    unchanged = replace(review(), graph=Graph(review().graph.nodes[2:]))
    assert pictures([unchanged]) == [""]


def test_without_node_the_page_has_a_sentence_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "node_folder", lambda: Path("/nowhere"))
    with pytest.raises(Problem):
        pictures([review()])
    page = html.render(report())
    assert "<svg" not in page
    assert "./payctl setup modules" in page
    assert "Data loss of" in page
