"""The local AWS's own process, in the emulator's environment: `python -m ops.local.server <state folder>`.

It publishes itself in `engine.json`, holds the lock on that file until it ends, and serves on loopback only.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import secrets
import socket
import sys
from pathlib import Path

HOST = "127.0.0.1"
FIRST_PORT = 4566
SETTINGS = {
    "AUTH": "true",
    "AWS_ACCESS_KEY_ID": "000000000000",
    "MINISTACK_ACCOUNT_ID": "000000000000",
    "MINISTACK_HOST": "localhost",
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
}


def main(folder: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    listener = listen(folder / "port")
    port = listener.getsockname()[1]
    secret = secrets.token_urlsafe(24)
    publish(folder / "engine.json", port, secret)
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        del os.environ[name]  # functions inherit this environment, and are not measured in here
    os.environ |= SETTINGS | {"GATEWAY_PORT": str(port), "AWS_SECRET_ACCESS_KEY": secret}
    serve(listener)


def listen(memory: Path) -> socket.socket:
    """A listening socket on the port of the last time, or else on the next one that is free."""
    port = int(memory.read_text()) if memory.exists() else FIRST_PORT
    while True:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(512)
        except OSError:
            listener.close()
            port += 1
        else:
            memory.write_text(str(port))
            return listener


def publish(path: Path, port: int, secret: str) -> None:
    """Create the state file, locked until this process ends; FileExistsError when another one was quicker."""
    place = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    fcntl.flock(place, fcntl.LOCK_EX)
    os.write(place, json.dumps({"pid": os.getpid(), "port": port, "secret": secret}).encode())


def serve(listener: socket.socket) -> None:
    """Load the emulator only now: it reads its settings from the environment when it is imported."""
    from hypercorn.asyncio import serve as serve_forever
    from hypercorn.config import Config
    from ministack.app import app

    from ops.local import gaps

    gaps.install()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    # After a thousand a connection would be closed, and the close races with the request behind it.
    config.keep_alive_max_requests = 1_000_000
    config.graceful_timeout = 0.5
    logging.getLogger("ministack").info("Serving on %s:%s", *listener.getsockname())
    asyncio.run(serve_forever(app, config))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
