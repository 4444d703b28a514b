"""A merchant's secret keys: issued once, kept as a salted and peppered hash, compared in constant time.

A credential is `sk_<environment>_<key id>_<secret>`; key id and secret are letters, so that no digits in
them can look like a card number.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from payments.pepper import Pepper

SCOPES = ("payments:read", "payments:write")
_CREDENTIAL = re.compile(r"sk_([a-z0-9-]{1,16})_([A-Za-z]{12})_([A-Za-z]{32})")
_MERCHANT = re.compile(r"[a-z][a-z0-9_-]{1,63}")

type Alphabet = Callable[[int], str]
"""Gives that many random ASCII letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """The record of a key; the secret is not in it. `pepper` is the version that its hash was made with."""

    key_id: str
    merchant: str
    scopes: tuple[str, ...]
    salt: str
    hash: str
    pepper: str
    created: str
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """The parts of a well-formed credential."""

    environment: str
    key_id: str
    secret: str


def ascii_letters(count: int) -> str:
    """Letters from the operating system's generator."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(count))


def issue(
    environment: str,
    merchant: str,
    scopes: Sequence[str],
    pepper: Pepper,
    created: str,
    letters: Alphabet = ascii_letters,
) -> tuple[str, ApiKey]:
    """A credential, to be shown once, and its record. Raises ValueError on a bad merchant or scope."""
    if not _MERCHANT.fullmatch(merchant):
        raise ValueError("a merchant is a lower-case letter and 1 to 63 of a-z, 0-9, dash and underscore")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"scopes are one or more of {', '.join(SCOPES)}")
    key_id, secret, salt = letters(12), letters(32), letters(16)
    key = ApiKey(
        key_id=key_id,
        merchant=merchant,
        scopes=tuple(scopes),
        salt=salt,
        hash=_hash(pepper.value, salt, secret),
        pepper=pepper.version,
        created=created,
    )
    return f"sk_{environment}_{key_id}_{secret}", key


def parse(credential: str) -> Credential | None:
    """The parts of a credential, or None when it is not one."""
    match = _CREDENTIAL.fullmatch(credential)
    return Credential(*match.groups()) if match else None


def verify(key: ApiKey | None, credential: Credential, pepper: str) -> bool:
    """Whether this is the secret of this key and the key is in force; as slow for a key that is not there."""
    salt, expected, revoked = (key.salt, key.hash, key.revoked) if key else ("", "", True)
    return hmac.compare_digest(_hash(pepper, salt, credential.secret), expected) and not revoked


def _hash(pepper: str, salt: str, secret: str) -> str:
    return hmac.digest(pepper.encode(), (salt + secret).encode(), hashlib.sha256).hex()
