"""The page of the API documentation: its content, its policy, its errors, and its server."""

from __future__ import annotations

import json
import re
import socket
import threading
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pytest

from ops import checkout, cli
from ops.api_docs import command
from ops.errors import NEEDS_PERSON, Problem

DOCUMENT: dict[str, Any] = json.loads(command.DOCUMENT.read_text(encoding="utf-8"))
BUNDLE = "var Scalar = { createApiReference() {} }; // $document"


@pytest.fixture(autouse=True)
def checkout_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a state folder and a small bundle instead of Scalar's."""
    bundle = tmp_path / "node_modules" / command.BUNDLE
    bundle.parent.mkdir(parents=True)
    bundle.write_text(BUNDLE)
    monkeypatch.setattr(command, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(checkout, "state_folder", lambda: tmp_path)
    return tmp_path


def embedded(html: str) -> Any:
    """The OpenAPI document that the page contains."""
    found = re.search(r"^const content = (.*);$", html, re.MULTILINE)
    assert found
    return json.loads(found[1])


def test_the_page_contains_the_document_and_the_renderer() -> None:
    html = command.page(DOCUMENT)
    assert embedded(html) == DOCUMENT
    assert f">{BUNDLE}</script>" in html


def test_it_has_the_same_bytes_each_time() -> None:
    assert command.page(DOCUMENT) == command.page(json.loads(command.DOCUMENT.read_text()))


def test_nothing_is_loaded_from_anywhere() -> None:
    html = command.page({})
    assert re.findall(r"(?:src|href)=\S+", html) == ['href="data:,">']
    policy = re.search(r'content="(default-src[^"]*)"', html)
    assert policy
    directives = dict(it.split(" ", 1) for it in policy[1].split("; "))
    nonce = directives.pop("script-src")
    assert re.fullmatch(r"'nonce-[0-9a-f]{64}'", nonce)
    assert directives == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "font-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize(
    "option",
    [
        "agent: { disabled: true }",
        "mcp: { disabled: true }",
        "telemetry: false",
        "withDefaultFonts: false",
        'showDeveloperTools: "never"',
        "hideTestRequestButton: true",
        "hideClientButton: true",
    ],
)
def test_what_would_send_something_is_off(option: str) -> None:
    assert f"  {option},\n" in command.page({})


def test_what_a_document_says_is_text_and_never_markup() -> None:
    hostile = {"info": {"title": "</script><script>alert(1)</script><!-- $nonce"}}
    html = command.page(hostile)
    assert embedded(html) == hostile
    assert html.count("<script") == html.count("</script>") == 2


def test_the_page_is_written_where_it_was_asked_for(
    checkout_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.docs(out=None, serve=False, port=0) == 0
    assert command.docs(out=checkout_folder / "x.html", serve=False, port=0) == 0
    first, second = map(Path, capsys.readouterr().out.split())
    assert (first, second) == (checkout_folder / "docs" / "index.html", checkout_folder / "x.html")
    assert first.read_text() == second.read_text() == command.page(DOCUMENT)


def test_a_file_in_a_missing_folder_is_refused_and_nothing_is_made(checkout_folder: Path) -> None:
    file = checkout_folder / "missing" / "x.html"
    with pytest.raises(Problem) as problem:
        command.docs(out=file, serve=False, port=0)
    assert problem.value.what == f"{file.parent} does not exist."
    assert problem.value.code == NEEDS_PERSON
    assert not file.parent.exists()


def test_a_file_that_cannot_be_written_is_refused_with_the_reason(checkout_folder: Path) -> None:
    with pytest.raises(Problem, match=r"cannot be written: Is a directory\."):
        command.docs(out=checkout_folder, serve=False, port=0)


def test_a_missing_package_is_reported_with_the_command_that_installs_it(checkout_folder: Path) -> None:
    (checkout_folder / "node_modules" / command.BUNDLE).unlink()
    with pytest.raises(Problem, match="@scalar/api-reference") as problem:
        command.docs(out=None, serve=False, port=0)
    assert "payctl setup modules" in problem.value.hint
    assert not (checkout_folder / "docs").exists()


def test_the_renderer_brings_no_other_package() -> None:
    package = json.loads((checkout.ROOT / "package.json").read_text())
    locked = json.loads((checkout.ROOT / "package-lock.json").read_text())["packages"]
    renderer = locked["node_modules/@scalar/api-reference"]
    assert renderer["version"] == package["dependencies"]["@scalar/api-reference"]
    assert set(renderer["dependencies"]) == set(package["overrides"]["@scalar/api-reference"])
    links = [it for it in locked.values() if it.get("link")]
    assert {it["resolved"] for it in links} == {"node_modules/@scalar/api-reference"}


@pytest.mark.parametrize("words", ["--port 99999", "--port -1", "--serve --out x.html"])
def test_a_wrong_use_is_reported_as_such(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["docs", *words.split()]) == NEEDS_PERSON
    assert "Usage: payctl docs" in capsys.readouterr().err


def test_writing_and_serving_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="choose one"):
        command.docs(out=tmp_path / "x.html", serve=True, port=0)


@pytest.fixture
def requested(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """Address, status and body of what the server answers, requested while it serves."""
    answers: list[tuple[str, int, str]] = []
    serve_forever = ThreadingHTTPServer.serve_forever

    def serve(self: ThreadingHTTPServer) -> None:
        thread = threading.Thread(target=serve_forever, args=(self,))
        thread.start()
        for path in ("/", "/index.html", "/../x.html"):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.server_port}{path}") as answer:
                    answers.append((str(self.server_address[0]), answer.status, answer.read().decode()))
            except urllib.error.HTTPError as error:
                with error:
                    answers.append((str(self.server_address[0]), error.code, ""))
        self.shutdown()
        thread.join()
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", serve)
    return answers


def test_it_is_served_to_this_machine_alone_until_an_interruption(
    requested: list[tuple[str, int, str]], checkout_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout_folder / "x.html").write_text("outside")
    assert command.docs(out=None, serve=True, port=0) == 0
    html = command.page(DOCUMENT)
    assert requested == [("127.0.0.1", 200, html), ("127.0.0.1", 200, html), ("127.0.0.1", 404, "")]
    assert re.match(r"http://127\.0\.0\.1:\d+/ ", capsys.readouterr().out)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(Problem, match="cannot be used") as problem,
    ):
        command.serve_folder(tmp_path, other.getsockname()[1])
    assert "--port" in problem.value.hint
    assert problem.value.code == NEEDS_PERSON
