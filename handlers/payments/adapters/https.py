"""HTTPS POST to a checked address, once and within a time limit."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from payments.webhooks.delivery import Response
from payments.webhooks.destination import HTTPS, Refused, choose_address, url_fault

# Environment variable with the path of a certificate; set on local AWS only, never by a deployment.
LOOPBACK = "WEBHOOKS_TO_LOOPBACK"
TOTAL_TIMEOUT = 10.0  # seconds from the first packet to the status line
_STEP_TIMEOUT = 5.0  # seconds for each wait on the network
_AGENT = "payments-webhooks/1"

type Resolve = Callable[[str, int], list[str]]


def resolve(name: str, port: int) -> list[str]:
    """Returns all addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Poster:
    """Implements payments.webhooks.sending.Post; `total` is in seconds.

    `loopback` is the file of a certificate that receivers on this machine use, for trials on local AWS.
    Without it, nothing is sent to this machine.
    """

    loopback: str | None = None
    resolve: Resolve = resolve
    total: float = TOTAL_TIMEOUT

    def check(self, url: str) -> str:
        """Resolves a URL and returns the address to connect to. Raises Refused."""
        fault = url_fault(url, loopback=bool(self.loopback))
        if fault:
            raise Refused(fault)
        parts = urlsplit(url)
        try:
            addresses = self.resolve(str(parts.hostname), parts.port or HTTPS)
        except (OSError, UnicodeError):
            raise Refused("cannot be resolved") from None
        return choose_address(addresses, loopback=bool(self.loopback))

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Sends one POST; follows no redirect and reads no response body."""
        try:
            address = self.check(url)
        except Refused:
            return Response(error="address_refused")
        parts = urlsplit(url)
        target = parts.path or "/"
        name, port, trust = str(parts.hostname), parts.port or HTTPS, _trust(self.loopback)
        # It gets a socket below, so it does not look up the name again.
        connection = http.client.HTTPSConnection(name, port, context=trust)
        began = time.monotonic()
        # A limit for each wait alone would let a server answer one byte at a time for ever.
        limit = threading.Timer(self.total, _cut, [connection])
        limit.start()
        try:
            plain = socket.create_connection((address, port), _STEP_TIMEOUT)
            # Assigned before the handshake, so that `_cut` works during it.
            secure = trust.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
            connection.sock = secure
            secure.do_handshake()
            connection.request(
                "POST",
                f"{target}?{parts.query}" if parts.query else target,
                body,
                {"Content-Type": "application/json", "User-Agent": _AGENT, **headers},
            )
            return Response(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as failure:
            if isinstance(failure, TimeoutError) or time.monotonic() - began >= self.total:
                return Response(error="timeout")
            if isinstance(failure, ssl.SSLError):
                return Response(error="tls_failed")
            is_http = isinstance(failure, http.client.HTTPException)
            return Response(error="bad_answer" if is_http else "connection_failed")
        finally:
            limit.cancel()
            connection.close()


@cache
def _trust(certificate: str | None) -> ssl.SSLContext:
    """Cached, because it reads all certificates of the system."""
    return ssl.create_default_context(cafile=certificate)


def _cut(connection: http.client.HTTPSConnection) -> None:
    """Ends a connection from another thread."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)
