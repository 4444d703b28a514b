"""`payctl docs`: writes the page, or serves it on this machine."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from ops import checkout
from ops.api_docs.page import page
from ops.errors import NEEDS_PERSON, Problem

LOOPBACK = "127.0.0.1"


def docs(*, out: Path | None, serve: bool, port: int) -> int:
    """Writes the page to a file, or serves it at /docs until interrupted."""
    source = checkout.ROOT / "handlers" / "openapi.json"
    text = source.read_text(encoding="utf-8")
    html = page(json.loads(text))
    if serve:
        show(server({"/docs": ("text/html", html), "/openapi.json": ("application/json", text)}, port))
        return 0
    file = out or checkout.state_folder() / "docs" / "index.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(html, encoding="utf-8")
    click.echo(file)
    return 0


def server(pages: dict[str, tuple[str, str]], port: int) -> ThreadingHTTPServer:
    """Returns a server of these pages that only this machine reaches; port 0 chooses a free one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                self.send_response(HTTPStatus.FOUND)
                self.send_header("Location", "/docs")
                self.end_headers()
            elif self.path in pages:
                kind, text = pages[self.path]
                body = text.encode()
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            else:
                self.send_error(HTTPStatus.NOT_FOUND, "Here are /docs and /openapi.json.")

        def log_message(self, format: str, *arguments: object) -> None:
            """Logs nothing."""

    try:
        return ThreadingHTTPServer((LOOPBACK, port), Handler)
    except OSError as error:
        raise Problem(
            f"Port {port} cannot be used: {error.strerror}.",
            hint="Another one: payctl docs --serve --port 8081",
            code=NEEDS_PERSON,
        ) from error


def show(running: ThreadingHTTPServer) -> None:
    """Serves until Ctrl-C."""
    with running:
        click.echo(f"http://{LOOPBACK}:{running.server_port}/docs  (Ctrl-C ends it)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            click.echo("Ended.", err=True)
