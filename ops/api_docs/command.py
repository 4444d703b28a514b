"""`payctl docs`: handlers/openapi.json as one offline page, rendered by Scalar (https://scalar.com)."""

import contextlib
import hashlib
import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template

import click

from ops import checkout
from ops.errors import NEEDS_PERSON, Problem

DOCUMENT = checkout.ROOT / "handlers" / "openapi.json"
TEMPLATE = Path(__file__).with_name("page.html")
NODE_MODULES = checkout.ROOT / "node_modules"
BUNDLE = "@scalar/api-reference/dist/browser/standalone.js"


def docs(*, out: Path | None, serve: bool, port: int) -> int:
    """Writes the page to a file, or serves it on 127.0.0.1 until Ctrl-C; port 0 is a free port."""
    if out and serve:
        raise click.UsageError("--out writes a file and --serve serves the page: choose one.")
    html = page(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    file = out or checkout.state_folder() / "docs" / "index.html"
    if out is None:
        file.parent.mkdir(exist_ok=True)
    try:
        file.write_text(html, encoding="utf-8")
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        what = f"{file.parent} does not exist." if missing else f"{file} cannot be written: {error.strerror}."
        hint = "Name a file in an existing folder: payctl docs --out reference.html"
        raise Problem(what, hint=hint, code=NEEDS_PERSON) from error
    if serve:
        serve_folder(file.parent, port)
    else:
        click.echo(file)
    return 0


def page(document: object) -> str:
    """Returns the HTML page of an OpenAPI document, the same bytes each time.

    Raises Problem if the npm package is not installed.
    """
    try:
        bundle = (NODE_MODULES / BUNDLE).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        what = "The npm package @scalar/api-reference, which renders the page, is not installed."
        raise Problem(what, hint="Install it: ./payctl setup modules") from error
    # A `</script>` of the document would end the script.
    content = json.dumps(document, ensure_ascii=False).replace("<", "\\u003c")
    nonce = hashlib.sha256((bundle + content).encode()).hexdigest()
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(bundle=bundle, document=content, nonce=nonce)


def serve_folder(folder: Path, port: int) -> None:
    """Serves a folder on 127.0.0.1 until Ctrl-C."""
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        hint = "Choose another port: payctl docs --serve --port 8081"
        raise Problem(
            f"Port {port} cannot be used: {error.strerror}.", hint=hint, code=NEEDS_PERSON
        ) from error
    with server, contextlib.suppress(KeyboardInterrupt):
        click.echo(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)")
        server.serve_forever()
