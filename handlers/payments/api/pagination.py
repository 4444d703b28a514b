"""Pagination of lists: query parameters and signed cursors."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from payments.api.api_keys import Pepper
from payments.problems import invalid_param

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
_LIMIT = re.compile(r"[1-9][0-9]{0,2}")
_SIGNATURE = 32  # bytes
_PURPOSE = b"payments: cursors of lists"
# Characters a-p instead of hexadecimal digits: no digits of a cursor can look like a card number.
_TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_FROM_LETTERS = str.maketrans("abcdefghijklmnop", "0123456789abcdef")
_CURSOR = re.compile(r"(?:[a-p]{2})+")
# A version id of Secrets Manager and a position; the version is looked up only if the cursor has this form.
_SIGNED = re.compile(rb"([A-Za-z0-9-]{32,64})\n(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cursors:
    """Signs positions of lists; a cursor is valid for one merchant, route and filter.

    A cursor contains the version of the pepper that signed it. `current` returns the pepper for new cursors;
    `find` returns the text of a version, or None. Both are called only when needed.
    """

    current: Callable[[], Pepper]
    find: Callable[[str], str | None]

    def write(self, scope: Sequence[str], position: str) -> str:
        """Returns the signed cursor of a position."""
        pepper = self.current()
        text = f"{pepper.version}\n{position}".encode()
        return (_signature(pepper.value, scope, text) + text).hex().translate(_TO_LETTERS)

    def read(self, scope: Sequence[str], cursor: str) -> str:
        """Returns the position of a cursor. Raises Problem if the cursor is not of this list."""
        decoded = bytes.fromhex(cursor.translate(_FROM_LETTERS)) if _CURSOR.fullmatch(cursor) else b""
        signature, text = decoded[:_SIGNATURE], decoded[_SIGNATURE:]
        signed = _SIGNED.fullmatch(text)
        secret = self.find(signed[1].decode()) if signed else None
        if not (signed and secret and hmac.compare_digest(signature, _signature(secret, scope, text))):
            detail = "must be the next_cursor of an earlier page of this list, with the same filter"
            raise invalid_param("cursor", detail)
        return signed[2].decode()


def parse_query(query: Mapping[str, Sequence[str]], *filters: str) -> Mapping[str, str]:
    """Returns the query parameters. Raises Problem for an unknown or repeated one."""
    for name, values in query.items():
        if name not in ("limit", "cursor", *filters):
            raise invalid_param(name[:64], "is not a parameter of this list")
        if len(values) != 1:
            raise invalid_param(name, "must not be repeated")
    return {name: values[0] for name, values in query.items()}


def parse_limit(text: str | None) -> int:
    """Returns the requested page size. Raises Problem."""
    if text is None:
        return DEFAULT_LIMIT
    if not _LIMIT.fullmatch(text) or int(text) > MAX_LIMIT:
        raise invalid_param("limit", f"must be a whole number of 1 to {MAX_LIMIT}")
    return int(text)


def parse_status[S: StrEnum](text: str | None, statuses: type[S]) -> S | None:
    """Returns the requested status, or None without a filter. Raises Problem."""
    if text is None or text in tuple(statuses):
        return None if text is None else statuses(text)
    raise invalid_param("status", f"must be one of {', '.join(statuses)}")


def _signature(secret: str, scope: Sequence[str], text: bytes) -> bytes:
    """Signs with a key that is derived from the secret for this purpose alone."""
    key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
    # No part of a scope contains a line break, so the parts cannot be mixed up.
    return hmac.digest(key, "\n".join(scope).encode() + b"\n" + text, hashlib.sha256)
