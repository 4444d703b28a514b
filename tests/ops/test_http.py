from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ops.errors import Problem
from ops.http import Answer, request


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(int(self.path.strip("/")))
        self.send_header("X-Seen", self.headers.get("X-Sent", ""))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: test output is for failures."""


@pytest.fixture
def server() -> Iterator[str]:
    httpd = HTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.mark.parametrize("status", [201, 402])
def test_an_answer_comes_back_whatever_its_status(server: str, status: int) -> None:
    answer = request("POST", f"{server}/{status}", headers={"X-Sent": "me"}, body={"a": 1})
    assert (answer.status, answer.json(), answer.headers["x-seen"]) == (status, {"a": 1}, "me")


def test_an_answer_that_is_not_json_is_a_problem() -> None:
    with pytest.raises(Problem, match="answered 200 without JSON: <html>"):
        Answer(status=200, headers={}, text="<html>").json()


def test_silence_is_a_problem(server: str) -> None:
    with pytest.raises(Problem, match=r"http://127\.0\.0\.1:1/ does not answer"):
        request("GET", "http://127.0.0.1:1/")
