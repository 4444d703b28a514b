"""Cursors: positions in lists, signed, so that nobody can make one up or take one elsewhere."""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from payments.pepper import Pepper
from payments.problems import invalid

_SIGNATURE = 32  # bytes
_PURPOSE = b"payments: cursors of lists"
# Sixteen letters instead of hexadecimal digits: no digits in a cursor can look like a card number.
_TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_FROM_LETTERS = str.maketrans("abcdefghijklmnop", "0123456789abcdef")
_CURSOR = re.compile(r"(?:[a-p]{2})+")
# A version as Secrets Manager names it, and a position; looked up only when it has this shape.
_SIGNED = re.compile(rb"([A-Za-z0-9-]{32,64})\n(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cursors:
    """Positions as callers see them: good for one merchant, route and filter, and only as we gave them out.

    A cursor names the version of the pepper that signed it: `current` for new ones, `find` gets the text of
    any version, None of an unknown one. Neither is asked before a cursor is read or written.
    """

    current: Callable[[], Pepper]
    find: Callable[[str], str | None]

    def write(self, scope: Sequence[str], position: str) -> str:
        """A position, signed."""
        pepper = self.current()
        text = f"{pepper.version}\n{position}".encode()
        return (_signature(pepper.value, scope, text) + text).hex().translate(_TO_LETTERS)

    def read(self, scope: Sequence[str], cursor: str) -> str:
        """The position; raises Problem when it is not a cursor of this list."""
        given = bytes.fromhex(cursor.translate(_FROM_LETTERS)) if _CURSOR.fullmatch(cursor) else b""
        signature, text = given[:_SIGNATURE], given[_SIGNATURE:]
        signed = _SIGNED.fullmatch(text)
        secret = self.find(signed[1].decode()) if signed else None
        if not (signed and secret and hmac.compare_digest(signature, _signature(secret, scope, text))):
            detail = "must be the next_cursor of an earlier page of this list, with the same filter"
            raise invalid([{"param": "cursor", "detail": detail}])
        return signed[2].decode()


def _signature(secret: str, scope: Sequence[str], text: bytes) -> bytes:
    """By a key derived from the secret for this alone."""
    key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
    # None of the parts of a scope holds a line break, so that they cannot run together.
    return hmac.digest(key, "\n".join(scope).encode() + b"\n" + text, hashlib.sha256)
