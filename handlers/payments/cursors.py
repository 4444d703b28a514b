"""Cursors: positions in lists, signed, so that nobody can make one up or take one elsewhere."""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from payments.problems import invalid

_SIGNATURE = 32  # bytes
_PURPOSE = b"payments: cursors of lists"
# Sixteen letters instead of hexadecimal digits: no digits in a cursor can look like a card number.
_TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_FROM_LETTERS = str.maketrans("abcdefghijklmnop", "0123456789abcdef")
_CURSOR = re.compile(r"(?:[a-p]{2})+")


@dataclass(frozen=True, slots=True)
class Cursors:
    """Positions as callers see them: good for one merchant, route and filter, and only as we gave them out.

    `secret` is asked for only when a cursor is read or written; the key is derived from it for this alone.
    """

    secret: Callable[[], str]

    def write(self, scope: Sequence[str], position: str) -> str:
        """A position, signed."""
        text = position.encode()
        return (self._signature(scope, text) + text).hex().translate(_TO_LETTERS)

    def read(self, scope: Sequence[str], cursor: str) -> str:
        """The position; raises Problem when it is not a cursor of this list."""
        signed = bytes.fromhex(cursor.translate(_FROM_LETTERS)) if _CURSOR.fullmatch(cursor) else b""
        signature, text = signed[:_SIGNATURE], signed[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(scope, text)):
            detail = "must be the next_cursor of an earlier page of this list, with the same filter"
            raise invalid([{"param": "cursor", "detail": detail}])
        return text.decode()

    def _signature(self, scope: Sequence[str], text: bytes) -> bytes:
        key = hmac.digest(self.secret().encode(), _PURPOSE, hashlib.sha256)
        # None of the parts holds a line break, so that they cannot run together.
        return hmac.digest(key, "\n".join(scope).encode() + b"\n" + text, hashlib.sha256)
