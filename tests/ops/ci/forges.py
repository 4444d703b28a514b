"""GitHub and GitLab over HTTP on this machine, as much of them as the workflows use."""

from __future__ import annotations

import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BOT = {"login": "github-actions[bot]", "id": 7}
TOKEN = "t0ken-that-is-never-shown"
Found = dict[str, Any] | list[dict[str, Any]]


@dataclass
class Fake(ABC):
    """What the forge holds, and each call that changed it. `refuse`: a status to answer everything with."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    refuse: int = 0
    base: str = ""

    @abstractmethod
    def answer(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> Any:
        """The value and the status of an answer."""

    def added(self, to: list[dict[str, Any]], **values: Any) -> dict[str, Any]:
        entry = {"id": 100 + len(to), "number": 1 + len(to), "iid": 1 + len(to), "user": BOT, "author": BOT}
        to.append(entry | values)
        return to[-1]


def page(entries: list[dict[str, Any]], query: dict[str, list[str]]) -> list[dict[str, Any]]:
    size, number = int(query["per_page"][0]), int(query["page"][0])
    return entries[size * (number - 1) : size * number]


class FakeGitHub(Fake):
    def answer(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> Any:
        match method, re.sub(r"\d+", "N", path), [int(n) for n in re.findall(r"\d+", path)]:
            case "GET", "/repos/acme/payments/issues/N/comments", [change]:
                return page([it for it in self.comments if it["change"] == change], query)
            case "POST", "/repos/acme/payments/issues/N/comments", [change]:
                return self.added(self.comments, body=body["body"], change=change)
            case "PATCH", "/repos/acme/payments/issues/comments/N", [comment]:
                return next(it for it in self.comments if it["id"] == comment) | self._set(
                    self.comments, comment, body
                )
            case "GET", "/repos/acme/payments/issues", []:
                assert query["state"] == ["open"]
                label = query["labels"][0]
                open_ = [it for it in self.issues if it["state"] == "open" and label in it["labels"]]
                return page(open_, query)
            case "POST", "/repos/acme/payments/issues", []:
                return self.added(self.issues, state="open", **body)
            case "PATCH", "/repos/acme/payments/issues/N", [issue]:
                next(it for it in self.issues if it["number"] == issue).update(body)
                return {}
        return None

    def _set(self, entries: list[dict[str, Any]], id: int, body: dict[str, Any]) -> dict[str, Any]:
        next(it for it in entries if it["id"] == id).update(body)
        return body


class FakeGitLab(Fake):
    def answer(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> Any:
        match method, re.sub(r"\d+", "N", path), [int(n) for n in re.findall(r"\d+", path)]:
            case "GET", "/user", []:
                return {"id": BOT["id"]}
            case "GET", "/projects/N/merge_requests/N/notes", [_, change]:
                return page([it for it in self.comments if it["change"] == change], query)
            case "POST", "/projects/N/merge_requests/N/notes", [_, change]:
                return self.added(self.comments, body=body["body"], change=change)
            case "PUT", "/projects/N/merge_requests/N/notes/N", [_, _, note]:
                next(it for it in self.comments if it["id"] == note).update(body)
                return {}
            case "GET", "/projects/N/issues", [_]:
                return page([it for it in self.issues if it["state"] == "open"], query)
            case "POST", "/projects/N/issues", [_]:
                return self.added(self.issues, state="open", **body)
            case "PUT", "/projects/N/issues/N", [_, issue]:
                entry = next(it for it in self.issues if it["iid"] == issue)
                entry.update(body, state="closed" if body.get("state_event") == "close" else "open")
                return {}
        return None


@contextmanager
def serving[F: Fake](fake: F) -> Iterator[F]:
    """The forge on a free port of loopback."""
    server = HTTPServer(("127.0.0.1", 0), _handler(lambda: fake))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(fake: Callable[[], Fake]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            forge, url = fake(), urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            tokens = (self.headers.get("Authorization"), self.headers.get("PRIVATE-TOKEN"))
            if not {f"Bearer {TOKEN}", TOKEN} & set(tokens):
                return self._say(401, {})
            if forge.refuse:
                return self._say(forge.refuse, {"message": "no"})
            if self.command != "GET":
                forge.changes.append(f"{self.command} {url.path}")
            answer = forge.answer(self.command, url.path, parse_qs(url.query), body)
            return self._say(404 if answer is None else 200, answer)

        do_GET = do_POST = do_PATCH = do_PUT = _serve

        def _say(self, status: int, value: Any) -> None:
            text = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: test output is for failures."""

    return Handler
