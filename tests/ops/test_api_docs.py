"""The page of the API: whole, well-formed, self-contained, and shown to this machine alone."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ops import checkout
from ops.api_docs import command
from ops.api_docs.page import METHODS, page
from ops.errors import Problem

SOURCE = checkout.ROOT / "handlers" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(SOURCE.read_text())
VOID = {"meta"}


class Reader(HTMLParser):
    """Notes what a browser would: elements that do not close, ids, links, and what would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [str(values["id"])] if "id" in values else []
        self.links += [str(values["href"])] if "href" in values else []
        self.loaded += [tag] if tag in ("script", "link", "img", "iframe") or "src" in values else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def reader() -> Reader:
    return read(page(DOCUMENT))


def test_every_operation_error_and_example_is_on_the_page(reader: Reader) -> None:
    operations = [it[method] for it in DOCUMENT["paths"].values() for method in METHODS if method in it]
    errors = {name.lower() for name in DOCUMENT["components"]["responses"]}
    assert {it["operationId"] for it in operations} | errors <= set(reader.ids)
    for operation in operations:
        assert operation["summary"] in reader.text
    for value in _examples(DOCUMENT):
        assert json.dumps(value, indent=2, ensure_ascii=False) in reader.text


def _examples(node: Any) -> list[Any]:
    if isinstance(node, dict):
        own = [example["value"] for example in node.get("examples", {}).values()]
        return own + [value for inner in node.values() for value in _examples(inner)]
    return [value for inner in node for value in _examples(inner)] if isinstance(node, list) else []


def test_a_link_leads_to_a_place_of_the_page_and_each_place_is_one(reader: Reader) -> None:
    assert len(reader.ids) == len(set(reader.ids))
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)


def test_nothing_is_loaded_from_anywhere(reader: Reader) -> None:
    assert reader.loaded == []
    assert not re.search(r"@import|url\(|https?://(?!www\.rfc|hooks\.example\.com|<|\[)", page(DOCUMENT))


def test_it_is_readable_in_light_and_in_dark() -> None:
    html = page(DOCUMENT)
    assert "prefers-color-scheme: dark" in html
    assert "content='light dark'" in html


def test_it_has_the_same_bytes_each_time() -> None:
    assert page(DOCUMENT) == page(json.loads(SOURCE.read_text()))


def test_what_a_document_says_is_text_and_never_markup() -> None:
    hostile = json.loads(SOURCE.read_text())
    hostile["info"]["description"] = "<script>alert(1)</script> `<b>`"
    hostile["paths"]["/v1/payments"]["post"]["summary"] = "<img src=x>"
    shown = read(page(hostile))
    assert shown.loaded == []
    assert "<script>alert(1)</script> <b>" in shown.text


def test_a_schema_without_fields_and_a_flag_are_shown_in_words() -> None:
    shown = read(page(DOCUMENT)).text
    assert "No fields." in shown
    assert "default true" in shown


def test_the_page_is_written_where_it_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "state_folder", lambda: tmp_path)
    assert command.docs(out=None, serve=False, port=0) == 0
    assert command.docs(out=tmp_path / "x.html", serve=False, port=0) == 0
    first, second = map(Path, capsys.readouterr().out.split())
    assert (first, second) == (tmp_path / "docs" / "index.html", tmp_path / "x.html")
    assert first.read_text() == second.read_text() == page(DOCUMENT)


@pytest.fixture
def running() -> Iterator[ThreadingHTTPServer]:
    with command.server({"/docs": ("text/html", "é")}, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_is_served_to_this_machine_alone(running: ThreadingHTTPServer) -> None:
    assert running.server_address[0] == "127.0.0.1"
    url = f"http://127.0.0.1:{running.server_port}"
    for path in ("/docs", "/"):
        with urllib.request.urlopen(url + path) as answer:
            assert (answer.status, answer.read().decode()) == (200, "é")
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/etc/passwd")
    with refused.value:
        assert refused.value.code == 404


def test_serving_says_where_and_ends_with_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: ThreadingHTTPServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupted)
    assert command.docs(out=None, serve=True, port=0) == 0
    printed = capsys.readouterr()
    assert re.match(r"http://127\.0\.0\.1:\d+/docs", printed.out)
    assert printed.err == "Ended.\n"


def test_a_port_that_is_taken_is_told(running: ThreadingHTTPServer) -> None:
    with pytest.raises(Problem, match="cannot be used") as problem:
        command.server({}, running.server_port)
    assert "--port" in problem.value.hint
