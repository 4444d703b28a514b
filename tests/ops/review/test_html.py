from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

from ops.review.renderers.html import render
from ops.review.report import Graph
from ops.review.verdict import Verdict
from tests.ops.review.pages import EVIL, evil, report, review

VOID = frozenset({"input", "meta"})  # without an end tag


class Parsed(HTMLParser):
    """Collects tags, attributes and texts; fails for a closing tag without an open one."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_picture_comes_first_then_the_verdict_then_the_blocks() -> None:
    page = render(report())
    order = [page.index(text) for text in ("<figure>", 'class="summary"', "<fieldset", "Data loss of")]
    assert order == sorted(order)


def test_the_page_allows_its_own_style_and_script_and_nothing_else() -> None:
    page = render(report())
    (policy,) = (
        it["content"] for it in Parsed(page).all("meta") if it.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        text = page.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_nothing_in_the_page_leads_out_of_it() -> None:
    for tag, attributes in Parsed(render(report(review(), review("prod", "other")))).tags:
        for name, value in attributes.items():
            if name in ("href", "src", "action", "data", "srcset", "poster", "style") or name.startswith(
                "on"
            ):
                assert name == "href", (tag, name)
                assert value, tag
                assert value.startswith("#")


def test_every_text_is_text() -> None:
    parsed = Parsed(render(evil()))
    assert len(parsed.all("script")) == 1
    assert parsed.all("img") == []
    assert len(parsed.all("svg")) == 2
    assert sum(EVIL in text for text in parsed.texts) >= 20


def test_what_asks_for_a_person_is_open_and_the_rest_folded() -> None:
    blocks = [it for it in Parsed(render(report())).all("details") if it.get("data-kinds")]
    assert [("open" in it) for it in blocks if "id" not in it] == [True, True, False]


def test_each_kind_can_be_filtered_and_rows_belong_to_the_kinds_of_their_findings() -> None:
    parsed = Parsed(render(report()))
    assert [it["value"] for it in parsed.all("input")] == ["data-loss", "iam", "output"]
    assert [it["data-kinds"] for it in parsed.all("details") if it.get("id")] == ["data-loss output", "iam"]


def test_equal_plans_are_told_once_and_several_are_rolled_up() -> None:
    parsed = Parsed(render(report(review(), review("staging"), review("prod", "other"))))
    assert len(parsed.all("section")) == 2
    assert [it["href"] for it in parsed.all("td") + parsed.all("a") if "#plan" in (it.get("href") or "")] == [
        "#plan-0",
        "#plan-0",
        "#plan-1",
    ]
    assert "as dev" in parsed.texts


def test_a_plan_that_changes_nothing_has_neither_picture_nor_filter() -> None:
    nothing = replace(review(), verdict=Verdict.SAFE, blocks=(), rows=(), graph=Graph())
    page = render(report(nothing))
    assert "<figure>" not in page
    assert "<fieldset" not in page
    assert "nothing needs a person&#39;s decision" in page


def test_the_page_of_a_report_is_always_the_same() -> None:
    assert render(report()) == render(report())


def test_the_style_is_for_both_themes_and_fetches_nothing() -> None:
    page = render(report())
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert "prefers-color-scheme: dark" in style
    assert not re.search(r"@import|url\(|https?:", style)
