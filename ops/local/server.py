"""Daemon of local AWS, in the emulator's Python environment: `python -m ops.local.server <state folder>`.

It writes process id, port and secret to `engine.json`, locks that file until it ends, and listens
on loopback only.
"""

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
    """Runs the daemon until SIGTERM or SIGINT."""
    listener = listen(folder / "port")
    port = listener.getsockname()[1]
    secret = secrets.token_urlsafe(24)
    publish(folder / "engine.json", port, secret)
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        del os.environ[name]  # Lambda functions inherit this environment; their coverage is not measured
    os.environ |= SETTINGS | {"GATEWAY_PORT": str(port), "AWS_SECRET_ACCESS_KEY": secret}
    serve(listener)


def listen(port_file: Path) -> socket.socket:
    """Returns a listening socket on the port of the last run, or on the next free one."""
    port = int(port_file.read_text()) if port_file.exists() else FIRST_PORT
    while True:
        try:
            listener = socket.create_server((HOST, port), backlog=512)
        except OSError:
            port += 1
        else:
            port_file.write_text(str(port))
            return listener


def publish(path: Path, port: int, secret: str) -> None:
    """Creates the state file and locks it until this process ends.

    Raises FileExistsError if another process created it first.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, json.dumps({"pid": os.getpid(), "port": port, "secret": secret}).encode())


def serve(listener: socket.socket) -> None:
    """Serves the emulator with its gaps filled.

    The emulator is imported here because it reads its settings from the environment on import.
    """
    from hypercorn.asyncio import serve as serve_forever
    from hypercorn.config import Config
    from ministack.app import app

    from ops.local import gaps
    from ops.local.retry_cache import RetryCache

    gaps.install()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5
    logging.getLogger("ministack").info("Serving on %s:%s", *listener.getsockname())
    asyncio.run(serve_forever(RetryCache(app), config))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
