"""The page in a real browser: requests, keyboard, contrast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.review.renderers.html import render
from ops.review.report import Report
from tests.browser import Page, browsing
from tests.ops.review.pages import evil, large, report, review

pytestmark = pytest.mark.integration

SHOWN = "[...document.querySelectorAll('li[data-kinds]')].filter(it => it.offsetHeight).length"
FOCUSED = "document.activeElement"
# WCAG 2.2, 1.4.3: the lowest contrast of a text with its background.
WORST_CONTRAST = """(() => {
  const light = (rgb) => { const [r, g, b] = rgb.map((it) => { it /= 255;
    return it <= .04045 ? it / 12.92 : ((it + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const colour = (text) => { // rgb(0-255 ...) or color(display-p3 0-1 ...)
    const values = (text.replace('display-p3', '').match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
    return text.startsWith('color(') ? values.map((it, at) => (at < 3 ? it * 255 : it)) : values; };
  const behind = (it) => { for (; it; it = it.parentElement) {
    const found = colour(getComputedStyle(it).backgroundColor);
    if (found.length === 3 || found[3] > 0) return found; }
    return colour(getComputedStyle(document.body).backgroundColor); };
  const all = [...document.body.querySelectorAll('*')].filter((it) => it.offsetHeight &&
    [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  const found = all.map((it) => { const ink = light(colour(getComputedStyle(it).color)),
    ground = light(behind(it));
    return (Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05); });
  return found.length > 20 ? Math.min(...found) : 0; })()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


def opened(page: Page, tmp_path: Path, made: Report) -> Page:
    file = tmp_path / "review.html"
    file.write_text(render(made), encoding="utf-8")
    page.requests.clear()
    page.complaints.clear()
    page.open(file)
    return page


def press_until(page: Page, key: str, condition: str) -> None:
    for _ in range(40):
        page.press(key)
        if page.js(condition):
            return
    raise AssertionError(f"no {key} led to {condition}")


def test_the_page_asks_for_nothing_but_itself_and_complains_of_nothing(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, report(review(), review("prod", "other")))
    assert page.requests == [(tmp_path / "review.html").as_uri()]
    assert page.complaints == []
    assert page.js("document.querySelectorAll('fieldset:not([hidden])').length") == 2


def test_planted_markup_runs_nowhere(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, evil())
    page.js("document.querySelectorAll('details').forEach(it => it.open = true)")
    page.js(
        "document.querySelectorAll('a, button, summary').forEach(it => it.dispatchEvent(new Event('focus')))"
    )
    assert page.js("typeof pwned") == "undefined"
    assert page.js("[document.scripts.length, document.images.length]") == [1, 0]
    assert page.requests == [(tmp_path / "review.html").as_uri()]


def test_findings_are_filtered_by_kind_from_the_keyboard(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, report())
    page.js("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert page.js(SHOWN) == 3
    press_until(page, "Tab", f"{FOCUSED}.value === 'iam'")
    page.press("Space")
    assert page.js(SHOWN) == 2
    assert page.js("document.querySelector('output').textContent") == "2 shown"
    press_until(page, "Tab", f"{FOCUSED}.textContent === 'None'")
    page.press("Enter")
    assert page.js(SHOWN) == 0
    page.js("document.querySelector('fieldset button').focus()")
    page.press("Space")
    assert page.js(SHOWN) == 3


def test_a_node_leads_to_its_row_also_one_that_is_folded_or_filtered_away(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, report())
    page.js("document.querySelectorAll('fieldset button')[1].click()")
    press_until(page, "Tab", f"{FOCUSED}.matches('.node a')")
    page.press("Enter")
    assert page.js("location.hash") == "#row-0-0"
    opens = (
        "(done) => document.querySelector('#row-0-0').open ? done(true) : setTimeout(() => again(done), 10)"
    )
    assert page.js(f"new Promise(again = {opens})")
    assert page.js("document.querySelector('#row-0-0 table').offsetHeight > 0")
    assert page.js(f"{FOCUSED}.parentElement.id") == "row-0-0"


def test_a_keyboard_gets_to_the_findings_at_once(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, report())
    page.press("Tab")
    assert page.js(f"{FOCUSED}.textContent") == "Skip to the first finding"
    page.press("Enter")
    assert page.js("location.hash") == "#findings-0"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_in_both_themes(page: Page, tmp_path: Path, theme: str) -> None:
    page.theme(theme)
    opened(page, tmp_path, report(review(), review("prod", "other")))
    page.js("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert page.js(WORST_CONTRAST) >= 4.5
    ground = page.js("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[theme]
    shot = tmp_path / f"{theme}.png"
    page.screenshot(shot)
    assert shot.read_bytes().startswith(b"\x89PNG")


def test_a_large_picture_scrolls_in_its_own_box(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, report(large(60)))
    assert page.js("document.documentElement.scrollWidth <= innerWidth")
    assert page.js(
        "document.querySelector('.picture').scrollWidth > document.querySelector('.picture').clientWidth"
    )


def test_without_its_script_the_page_shows_everything(page: Page, tmp_path: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened(page, tmp_path, report())
        assert page.js("document.querySelector('fieldset').offsetHeight") == 0
        assert page.js("document.querySelectorAll('[data-kinds][hidden]').length") == 0
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
