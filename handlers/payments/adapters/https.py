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
        connection = _PinnedConnection(
            str(parts.hostname), parts.port or HTTPS, address, _trust(self.loopback)
        )
        began = time.monotonic()
        # A limit for each wait alone would let a server answer one byte at a time for ever.
        limit = threading.Timer(self.total, connection.cut)
        limit.start()
        try:
            connection.request(
                "POST",
                f"{target}?{parts.query}" if parts.query else target,
                body,
                {"Content-Type": "application/json", "User-Agent": _AGENT, **headers},
            )
            return Response(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as failure:
            late = isinstance(failure, TimeoutError) or time.monotonic() - began >= self.total
            return Response(error="timeout" if late else _reason(failure))
        finally:
            limit.cancel()
            connection.close()


@cache
def _trust(certificate: str | None) -> ssl.SSLContext:
    """Cached, because it reads all certificates of the system."""
    return ssl.create_default_context(cafile=certificate)


class _PinnedConnection(http.client.HTTPSConnection):
    """A connection to one address without another DNS lookup; the certificate must be that of the name."""

    def __init__(self, name: str, port: int, address: str, trust: ssl.SSLContext) -> None:
        super().__init__(name, port, timeout=_STEP_TIMEOUT, context=trust)
        self._address, self._trust = address, trust

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), _STEP_TIMEOUT)
        # Assigned before the handshake, so that `cut` works during it.
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def cut(self) -> None:
        """Ends the connection from another thread."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _reason(failure: Exception) -> str:
    if isinstance(failure, ssl.SSLError):
        return "tls_failed"
    return "bad_answer" if isinstance(failure, http.client.HTTPException) else "connection_failed"
