"""Posting to servers of others: to the address that was checked, over TLS, once, within a limit of time."""

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

from payments.webhooks.delivery import Answered
from payments.webhooks.destination import HTTPS, Refused, chosen, url_fault

# Names the file of a certificate, on local AWS only: nothing that is deployed sets it.
LOOPBACK = "WEBHOOKS_TO_LOOPBACK"
TOTAL = 10.0  # seconds from the first packet to the status line
_STEP = 5.0  # seconds for each wait on the network
_AGENT = "payments-webhooks/1"

type Resolve = Callable[[str, int], list[str]]


def resolve(name: str, port: int) -> list[str]:
    """All addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


@dataclass(frozen=True, slots=True)
class Poster:
    """A payments.webhooks.sending.Post.

    `loopback` is the file of a certificate under which receivers on this machine are trusted, for trials on
    local AWS; without it nothing is ever sent to this machine.
    """

    loopback: str | None = None
    resolve: Resolve = resolve
    total: float = TOTAL

    def check(self, url: str) -> str:
        """The address to which a URL leads now. Raises Refused."""
        fault = url_fault(url, loopback=bool(self.loopback))
        if fault:
            raise Refused(fault)
        parts = urlsplit(url)
        try:
            addresses = self.resolve(str(parts.hostname), parts.port or HTTPS)
        except (OSError, UnicodeError):
            raise Refused("cannot be resolved") from None
        return chosen(addresses, loopback=bool(self.loopback))

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """One POST; redirects are not followed, and what the answer says is not read."""
        try:
            address = self.check(url)
        except Refused:
            return Answered(error="address_refused")
        parts = urlsplit(url)
        target = parts.path or "/"
        connection = _Pinned(str(parts.hostname), parts.port or HTTPS, address, _trust(self.loopback))
        began = time.monotonic()
        # A limit for each wait alone would let a server answer a byte at a time for ever.
        limit = threading.Timer(self.total, connection.cut)
        limit.start()
        try:
            connection.request(
                "POST",
                f"{target}?{parts.query}" if parts.query else target,
                body,
                {"Content-Type": "application/json", "User-Agent": _AGENT, **headers},
            )
            return Answered(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as failure:
            late = isinstance(failure, TimeoutError) or time.monotonic() - began >= self.total
            return Answered(error="timeout" if late else _reason(failure))
        finally:
            limit.cancel()
            connection.close()


@cache
def _trust(certificate: str | None) -> ssl.SSLContext:
    """Made once: it reads all certificates of the system."""
    return ssl.create_default_context(cafile=certificate)


class _Pinned(http.client.HTTPSConnection):
    """A connection to one address, whatever the name says by now; the certificate is that of the name."""

    def __init__(self, name: str, port: int, address: str, trust: ssl.SSLContext) -> None:
        super().__init__(name, port, timeout=_STEP, context=trust)
        self._address, self._trust = address, trust

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), _STEP)
        # Known before the handshake, so that it can be cut during it.
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def cut(self) -> None:
        """End it from another thread."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _reason(failure: Exception) -> str:
    if isinstance(failure, ssl.SSLError):
        return "tls_failed"
    return "bad_answer" if isinstance(failure, http.client.HTTPException) else "connection_failed"
