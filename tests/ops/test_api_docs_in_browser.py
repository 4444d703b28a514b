"""The page of the API documentation in a browser: its content, its requests, its themes, its width."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ops import checkout
from ops.api_docs.command import DOCUMENT
from tests.browser import Page, browsing
from tests.ops.review.test_page_in_browser import WORST_CONTRAST

pytestmark = pytest.mark.integration

API: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
METHODS = ("get", "post", "put", "patch", "delete")
COMMAND = (sys.executable, "-m", "ops", "docs")
WAIT = """
  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  while (!document.querySelector('section h1, section h2')) await wait(50);"""
# Scalar renders a section when it comes near the window, and the fields of a response when it is opened.
SCROLL = """for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
  scrollTo(0, y);
  await wait(30);
}
document.querySelectorAll('[id*="tag/payments/POST"] .parameter-item-trigger[aria-expanded="false"]')
  .forEach((it) => it.click());
await wait(500);"""
TEXT = "document.body.innerText"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of the file that the command writes."""
    file = tmp_path_factory.mktemp("docs") / "api.html"
    subprocess.run([*COMMAND, "--out", file], cwd=checkout.ROOT, check=True, stdout=subprocess.DEVNULL)
    return file.as_uri()


@pytest.fixture(scope="module", params=["written", "served"])
def address(request: pytest.FixtureRequest, written: str) -> Iterator[str]:
    """The URL of the page as a file, and as the command serves it."""
    if request.param == "written":
        yield written
        return
    with subprocess.Popen(
        [*COMMAND, "--serve", "--port", "0"],
        cwd=checkout.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield process.stdout.readline().split()[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def opened(browser: Page, address: str, *then: str) -> Page:
    """Opens the page, waits until Scalar has started, and runs scripts."""
    browser.open("about:blank")  # an address that differs only in its fragment loads nothing
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(address)
    run(browser, *then)
    return browser


def run(page: Page, *scripts: str) -> None:
    """Runs scripts, in which `wait` is a function."""
    page.js(f"(async () => {{ {WAIT} {' '.join(scripts)} }})()")


def click(selector: str, text: str) -> str:
    """Returns the script that clicks the first element with the text."""
    found = f"[...document.querySelectorAll('{selector}')].find((it) => it.textContent.includes('{text}'))"
    return f"{found}.click(); await wait(1500);"


def described(node: Any) -> Iterator[str]:
    """Every description in a part of the document."""
    for inner in node if isinstance(node, list) else node.values() if isinstance(node, dict) else ():
        yield from described(inner)
    if isinstance(node, dict) and isinstance(node.get("description"), str):
        yield node["description"]


def fields(node: Any) -> Iterator[str]:
    """The name of every field, parameter and header in a part of the document."""
    for inner in node if isinstance(node, list) else node.values() if isinstance(node, dict) else ():
        yield from fields(inner)
    if isinstance(node, dict):
        yield from node.get("properties", ())
        yield from node.get("headers", ())
        if "in" in node and "name" in node:
            yield node["name"]


def plain(text: str) -> str:
    """The text without Markdown's quotes and with single spaces."""
    return " ".join(text.replace("`", "").split())


def test_everything_is_on_the_page_and_nothing_else_is_requested(browser: Page, address: str) -> None:
    page = opened(browser, address, SCROLL)
    text = plain(page.js(TEXT))
    links = page.js("[...document.querySelectorAll('a')].map((it) => decodeURI(it.hash))")
    for path, item in API["paths"].items():
        for method in METHODS:
            if method in item:
                tag = item[method]["tags"][0].lower()
                assert f"#tag/{tag}/{method.upper()}{path}" in links
                assert item[method]["summary"] in text
    parts = {name: part for name, part in API["components"].items() if name != "headers"}
    assert [it for it in fields([API["paths"], *parts.values()]) if it not in text] == []
    expected = [plain(it) for it in (API["info"]["summary"], *described({**API, "servers": []}))]
    assert [it for it in expected if it not in text] == []
    assert page.requests == [address]
    assert [it for it in page.complaints if '"@scalar/api-reference@' not in it] == []
    assert page.js("document.compatMode") == "CSS1Compat"


def test_the_policy_refuses_a_request(browser: Page, address: str) -> None:
    page = opened(browser, address)
    assert page.js("fetch('http://127.0.0.1:1/').then(() => 'sent', (error) => error.name)") == "TypeError"
    page.js("0")  # reads the events until here
    assert "Content Security Policy" in page.complaints[-1]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_in_both_themes(browser: Page, written: str, theme: str) -> None:
    browser.theme(theme)
    page = opened(browser, written, SCROLL)
    assert page.js(WORST_CONTRAST) >= 4.5
    ground = page.js("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 15, 15)"}[theme]


def test_the_page_is_never_wider_than_its_window(browser: Page, written: str) -> None:
    page = opened(browser, written)
    for width in (1280, 420):
        page.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        run(page, "await wait(500);")
        assert page.js("document.documentElement.scrollWidth <= innerWidth")
    page.call("Emulation.clearDeviceMetricsOverride")


def test_a_link_of_the_list_leads_to_its_operation(browser: Page, written: str) -> None:
    page = opened(browser, written, click('a[href^="#tag/refunds/POST"]', "Refund a payment"))
    top = page.js("document.querySelector('section[id*=\"tag/refunds/POST\"]').getBoundingClientRect().top")
    assert abs(top) < 100


def test_a_request_is_shown_in_three_languages_and_cannot_be_sent(browser: Page, written: str) -> None:
    page = opened(browser, written, "document.querySelector('[id*=\"tag/payments/POST\"]').scrollIntoView();")
    samples = {
        "Shell": "curl https://API_ID.",
        "Python": "requests.post(",
        "Node.js": "fetch('https://API_ID.",
    }
    for tab, line in samples.items():
        run(page, click("button", tab))
        text = page.js(TEXT)
        assert line in text
    assert "Test Request" not in text
