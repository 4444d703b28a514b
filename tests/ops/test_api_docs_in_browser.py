"""The page of the API in a real browser: what it fetches, and whether eyes can read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import checkout
from ops.api_docs.page import page as render
from tests.browser import Page, browsing
from tests.ops.review.test_page_in_browser import WORST_CONTRAST

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def file(tmp_path: Path) -> Path:
    document = json.loads((checkout.ROOT / "handlers" / "openapi.json").read_text())
    made = tmp_path / "api.html"
    made.write_text(render(document), encoding="utf-8")
    return made


def test_it_asks_for_nothing_but_itself_and_complains_of_nothing(browser: Page, file: Path) -> None:
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(file)
    assert (browser.requests, browser.complaints) == ([file.as_uri()], [])
    assert browser.js("document.compatMode") == "CSS1Compat"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_in_both_themes(browser: Page, file: Path, theme: str) -> None:
    browser.theme(theme)
    browser.open(file)
    browser.js("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert browser.js(WORST_CONTRAST) >= 4.5
    ground = browser.js("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}[theme]
    shot = file.with_name(f"{theme}.png")
    browser.screenshot(shot)
    assert shot.read_bytes().startswith(b"\x89PNG")


def test_the_page_is_never_wider_than_its_window(browser: Page, file: Path) -> None:
    browser.open(file)
    for width in (1280, 420):
        browser.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        assert browser.js("document.documentElement.scrollWidth <= innerWidth")
    browser.call("Emulation.clearDeviceMetricsOverride")


def test_a_link_of_the_list_leads_to_its_operation(browser: Page, file: Path) -> None:
    browser.open(file)
    browser.js("document.querySelector('nav a[href=\"#createRefund\"]').click()")
    assert browser.js("Math.abs(document.querySelector('#createRefund').getBoundingClientRect().top) < 40")
