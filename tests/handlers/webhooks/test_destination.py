"""Webhook destinations and requests: over real sockets, to a server with its own certificate."""

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.adapters.https import TOTAL_TIMEOUT, Poster, Resolve, resolve
from payments.webhooks.delivery import Response
from payments.webhooks.destination import Refused, choose_address, is_public, url_fault
from tests.certificate import self_signed


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://hooks.example.com:443/a?b=c",
        "https://xn--bcher-kva.example/",
        "https://a.b2",
    ],
)
def test_a_public_host_over_https_is_right(url: str) -> None:
    assert url_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        7,
        "",
        "example.com",
        "http://example.com",
        "ftp://example.com",
        "https://",
        "https://localhost/",
        "https://intranet/",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com/#part",
        "https://example.com:8443/",
        "https://example.com:99999/",
        "https://[::1]/",
        "https://[::1/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://exa mple.com/",
        "https://example.com/\r\nHost:x",
        "https://bücher.example/",
        "https://-a.example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://example.com/" + "a" * 500,
    ],
)
def test_any_other_url_is_refused(url: object) -> None:
    assert url_fault(url)


def test_this_machine_is_allowed_only_where_it_is_asked_for() -> None:
    assert url_fault("https://localhost:8443/hook")
    assert url_fault("https://localhost:8443/hook", loopback=True) is None
    assert url_fault("https://127.0.0.1:8443/hook", loopback=True)
    assert choose_address(["127.0.0.1"], loopback=True) == "127.0.0.1"
    with pytest.raises(Refused):
        choose_address(["10.0.0.1"], loopback=True)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2001:db8::1",
        "2002:a9fe:a9fe::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_of_the_internet_is_refused_also_among_others(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Refused, match="not public"):
        choose_address(["93.184.216.34", address])


@given(address=st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_no_address_of_a_private_network_is_public(address: object) -> None:
    assert not is_public(str(address))


def test_of_public_addresses_the_first_of_ipv4_is_chosen() -> None:
    assert choose_address(["2606:2800:220::1", "93.184.216.34", "8.8.8.8"]) == "93.184.216.34"
    for none in ([], ["2606:2800:220::1"]):
        with pytest.raises(Refused, match="no IPv4"):
            choose_address(none)


@dataclass
class Server:
    """Represents a receiver on this machine with its requests and answers."""

    port: int
    certificate: str
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[http.server.BaseHTTPRequestHandler], None] = lambda handler: _status(handler, 204)

    def poster(self, resolve: Resolve = resolve, total: float = TOTAL_TIMEOUT) -> Poster:
        return Poster(loopback=self.certificate, resolve=resolve, total=total)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/hook?for=me"


def _status(handler: http.server.BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": "0", **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    yield from serving(tmp_path, "localhost")


def serving(folder: Path, name: str) -> Iterator[Server]:
    """Starts a server with a certificate for the name."""
    certificate, key = self_signed(folder, name)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.requests.append((self.path, dict(self.headers), body))
            made.answer(self)

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    class Listening(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Logs nothing."""

    with Listening(("127.0.0.1", 0), Handler) as listening:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listening.socket = context.wrap_socket(
            listening.socket, server_side=True, do_handshake_on_connect=False
        )
        made = Server(listening.server_address[1], str(certificate))
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        listening.shutdown()
        thread.join()


def test_one_post_with_its_headers_arrives(server: Server) -> None:
    answered = server.poster()(server.url, {"webhook-id": "wd_a"}, b'{"a":1}')
    assert answered == Response(204)
    [(path, headers, body)] = server.requests
    assert (path, body) == ("/hook?for=me", b'{"a":1}')
    assert headers["webhook-id"] == "wd_a"
    assert headers["Host"] == f"localhost:{server.port}"
    assert headers["Content-Type"] == "application/json"


def test_a_url_without_a_path_goes_to_the_root(server: Server) -> None:
    server.poster()(f"https://localhost:{server.port}", {}, b"")
    assert server.requests[0][0] == "/"


def test_without_the_permission_nothing_is_sent_to_this_machine(server: Server) -> None:
    assert Poster()(server.url, {}, b"") == Response(error="address_refused")
    named = Poster(resolve=lambda name, port: ["127.0.0.1"])
    assert named("https://hooks.example.com/", {}, b"") == Response(error="address_refused")
    assert server.requests == []


def test_the_address_that_was_checked_is_the_one_that_is_called(server: Server) -> None:
    """Tests DNS rebinding: a name is resolved once, so a later address is never used."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    poster = server.poster(resolve=lambda name, port: answers.pop(0))
    assert poster(server.url, {}, b"") == Response(204)
    assert len(answers) == 1
    assert poster(server.url, {}, b"") == Response(error="address_refused")


def test_a_redirect_is_an_answer_and_not_followed(server: Server) -> None:
    server.answer = lambda handler: _status(handler, 302, Location="http://169.254.169.254/latest")
    assert server.poster()(server.url, {}, b"") == Response(302)
    assert not Response(302).good
    assert len(server.requests) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other, _ = self_signed(tmp_path / "other", "localhost")
    assert Poster(loopback=str(other))(server.url, {}, b"") == Response(error="tls_failed")
    assert server.requests == []


def test_the_certificate_must_be_that_of_the_name(tmp_path: Path) -> None:
    with contextmanager(serving)(tmp_path, "other.example") as other:
        assert other.poster()(other.url, {}, b"") == Response(error="tls_failed")
        assert other.requests == []


def test_a_server_that_answers_a_byte_at_a_time_is_cut_off(server: Server) -> None:
    def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.05)

    server.answer = drip
    began = time.monotonic()
    assert server.poster(total=0.3)(server.url, {}, b"") == Response(error="timeout")
    assert time.monotonic() - began < 4


def test_a_server_that_says_no_http_is_told_apart_from_one_that_is_not_there(server: Server) -> None:
    def greet(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example.com\r\n\r\n")

    server.answer = greet
    assert server.poster()(server.url, {}, b"") == Response(error="bad_answer")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert server.poster()(f"https://localhost:{port}/", {}, b"") == Response(error="connection_failed")


def test_a_server_that_hangs_in_the_handshake_is_cut_off(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}/"
        assert server.poster(total=0.2)(url, {}, b"") == Response(error="timeout")


def test_a_name_that_leads_nowhere_is_refused() -> None:
    def nowhere(name: str, port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(Refused, match="cannot be resolved"):
        Poster(resolve=nowhere).check("https://hooks.example.com/")
    with pytest.raises(Refused, match="https://"):
        Poster(resolve=nowhere).check("http://hooks.example.com/")


def test_a_name_is_resolved_to_each_of_its_addresses_once() -> None:
    assert "127.0.0.1" in resolve("localhost", 443)
