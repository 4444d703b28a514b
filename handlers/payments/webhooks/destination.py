"""Allowed webhook destinations: public servers over HTTPS, no private networks."""

import re
from ipaddress import IPv4Address, IPv6Network, ip_address
from urllib.parse import urlsplit

MAX_URL_LENGTH = 500
HTTPS = 443  # the only port that the security group of the functions allows
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?")
# The global unicast addresses that IANA allocates. Addresses outside of them may contain an IPv4 address, as
# IPv4-mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96) ones do.
_INTERNET = IPv6Network("2000::/3")


class Refused(Exception):
    """Reports a destination that is not allowed; the text is the reason."""


def url_fault(url: object, *, loopback: bool = False) -> str | None:
    """Returns the fault of an endpoint's URL, or None; `loopback` also allows this machine, on any port."""
    if not isinstance(url, str) or len(url) > MAX_URL_LENGTH or not _PRINTABLE.fullmatch(url):
        return f"must be a URL of at most {MAX_URL_LENGTH} ASCII characters, without spaces"
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port or HTTPS
    except ValueError:
        return "must be a URL"
    if parts.scheme != "https":
        return "must begin with https://"
    if "@" in parts.netloc or "#" in url:
        return "must have neither user, password nor fragment"
    if loopback and name == "localhost":
        return None
    if not _NAME.fullmatch(name) or len(name) > 253:
        return "must name a public host, such as hooks.example.com"
    return None if port == HTTPS else f"must use port {HTTPS}"


def is_public(address: str) -> bool:
    """Returns True for an address of the public Internet.

    False for private, shared (RFC 6598), loopback, link-local, unique local, multicast and reserved
    addresses, and for IPv6 addresses that contain an IPv4 address.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast
    return ip in _INTERNET and ip.is_global


def choose_address(addresses: list[str], *, loopback: bool = False) -> str:
    """Returns the IPv4 address to connect to. Raises Refused if any address is not allowed.

    A name with a public and a private address may be an attempt at DNS rebinding.
    """
    for address in addresses:
        ip = ip_address(address)
        if not is_public(address) and not (loopback and ip.is_loopback):
            raise Refused("leads to an address that is not public")
    found = [address for address in addresses if isinstance(ip_address(address), IPv4Address)]
    if not found:
        raise Refused("has no IPv4 address")
    return found[0]
