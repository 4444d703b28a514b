"""Stripe on this machine: the process of localstripe behind a proxy that adds missing features.

localstripe keeps intents, charges and refunds, and decides as its test cards say. It has no idempotency keys,
never fails, lists balance transactions of all days, and copies no metadata from an intent to its charge: the
edge adds these, and loses questions and answers when told.
"""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

# Its own command listens on every address of the machine, and keeps its store in a file that all share.
_START = """
import socket, sys
from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app
Store.dump_to_disk = lambda self: None
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
web.run_app(app, sock=listening, print=None)
"""
PASSES, BEFORE, AFTER, HANG = "passes", "lost before it arrives", "its answer is lost", "no answer in time"


@dataclass
class Edge:
    """Represents the proxy; `faults` maps a part of a path to the faults of its next requests."""

    behind: int
    port: int = 0
    faults: dict[str, list[str | int]] = field(default_factory=dict)
    answered: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Returns the objects of a kind that localstripe stores."""
        found: list[dict[str, Any]] = self.ask("GET", f"/v1/{kind}?limit=100")["data"]
        return found

    def ask(self, method: str, path: str, **form: str) -> Any:
        return json.loads(self.forward(method, path, urlencode(form).encode())[1])

    def forward(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=10)
        headers = {"Authorization": "Bearer sk_test_x", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.status, answer.read()
        connection.close()
        return content

    def fault(self, path: str) -> str | int:
        for part, coming in self.faults.items():
            if path.endswith(part) and coming:
                return coming.pop(0)
        return PASSES

    def answer(self, method: str, path: str, body: bytes, key: str | None) -> tuple[int, bytes]:
        """Answers as Stripe does: the same key gets the same answer."""
        if path.startswith("/v1/balance_transactions"):
            return 200, json.dumps(self._transactions(parse_qs(urlsplit(path).query))).encode()
        if key is None:
            return self.forward(method, path, body)
        with self.lock:
            if key not in self.answered:
                form = [pair for pair in parse_qsl(body.decode()) if not pair[0].startswith("allowed_")]
                self.answered[key] = self.forward(method, path, urlencode(form).encode())
            return self.answered[key]

    def _transactions(self, query: dict[str, list[str]]) -> Any:
        listed = self.ask("GET", "/v1/balance_transactions?limit=100")
        since, until = (int(query[f"created[{limit}]"][0]) for limit in ("gte", "lt"))
        listed["data"] = [one for one in listed["data"] if since <= one["created"] < until]
        intents = {one["id"]: one for one in self.all("payment_intents")}
        for one in listed["data"]:
            kind = "charges" if one["source"].startswith("ch_") else "refunds"
            one["source"] = self.ask("GET", f"/v1/{kind}/{one['source']}")
            if kind == "charges":
                one["source"]["metadata"] = intents[one["source"]["payment_intent"]]["metadata"]
        return listed


@contextmanager
def stripe_on_this_machine() -> Iterator[Edge]:
    """Starts both processes and ends them afterwards."""
    process = subprocess.Popen([sys.executable, "-c", _START], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process, process.stdout:
        edge = Edge(int(process.stdout.readline()))

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = urlsplit(self.path).path
                fault = edge.fault(path)
                if fault == BEFORE:
                    return
                if isinstance(fault, int):
                    kind = "idempotency_error" if fault == 409 else "api_error"
                    self._send(fault, json.dumps({"error": {"type": kind, "message": "no"}}).encode())
                    return
                answer = edge.answer(self.command, self.path, body, self.headers.get("Idempotency-Key"))
                if fault == HANG:
                    time.sleep(1)
                if fault == PASSES:
                    self._send(*answer)

            do_GET = do_POST

            def _send(self, status: int, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                if status == 429:
                    self.send_header("Retry-After", "7")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Logs nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            edge.port = server.server_address[1]
            serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            serving.start()
            try:
                yield edge
            finally:
                server.shutdown()
                serving.join()
                process.terminate()
