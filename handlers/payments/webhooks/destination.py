"""Where webhooks may go: to a public server by its name over HTTPS, never into a network of ours."""

import re
from ipaddress import IPv4Address, IPv6Network, ip_address
from urllib.parse import urlsplit

LONGEST_URL = 500
HTTPS = 443  # the only port that the network lets functions out to
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?")
# All that IANA has given out for use in the Internet. What lies outside may hide an IPv4 address, as
# IPv4-mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96) do.
_INTERNET = IPv6Network("2000::/3")


class Refused(Exception):
    """Nothing may be sent there; the text says why."""


def url_fault(url: object, *, loopback: bool = False) -> str | None:
    """What is wrong with the URL of an endpoint, or None; `loopback` allows this machine too, on any port."""
    if not isinstance(url, str) or len(url) > LONGEST_URL or not _PRINTABLE.fullmatch(url):
        return f"must be a URL of at most {LONGEST_URL} ASCII characters, without spaces"
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


def public(address: str) -> bool:
    """Whether an address belongs to the Internet: none that is private, shared (RFC 6598), loopback,
    link-local, unique local, multicast, reserved, or an IPv6 address around an IPv4 one."""
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast
    return ip in _INTERNET and ip.is_global


def chosen(addresses: list[str], *, loopback: bool = False) -> str:
    """The address to connect to, one of IPv4, as our networks are. Raises Refused if any of them may not be.

    A name with a public and a private address is somebody's attempt to be asked twice.
    """
    for address in addresses:
        ip = ip_address(address)
        if not public(address) and not (loopback and ip.is_loopback):
            raise Refused("leads to an address that is not public")
    found = [address for address in addresses if isinstance(ip_address(address), IPv4Address)]
    if not found:
        raise Refused("has no IPv4 address")
    return found[0]
