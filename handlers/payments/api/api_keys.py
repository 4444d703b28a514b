"""API keys of merchants: issued once, stored as a salted and peppered hash, compared in constant time.

A credential is `sk_<environment>_<key id>_<secret>`. Key id and secret consist of A-Z and a-z: digits in
them could look like a card number.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SCOPES = ("payments:read", "payments:write")
_CREDENTIAL = re.compile(r"sk_([a-z0-9-]{1,16})_([A-Za-z]{12})_([A-Za-z]{32})")
_MERCHANT = re.compile(r"[a-z][a-z0-9_-]{1,63}")


@dataclass(frozen=True, slots=True)
class Pepper:
    """Represents one version of the secret that API key hashes and cursor signatures are made with.

    A rotation makes another version the current one. Hashes and signatures name their version, which stays
    readable, so that a rotation invalidates none of them.
    """

    version: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Represents the record of a key, without its secret; `pepper` is the version behind its hash."""

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
    """Represents the parts of a well-formed credential."""

    environment: str
    key_id: str
    secret: str


def random_text(count: int) -> str:
    """Returns characters A-Z and a-z of the operating system's random generator."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(count))


def issue(
    environment: str,
    merchant: str,
    scopes: Sequence[str],
    pepper: Pepper,
    created: str,
    id_generator: Callable[[int], str] = random_text,
) -> tuple[str, ApiKey]:
    """Returns a new credential, to be shown once, and its record. Raises ValueError."""
    if not _MERCHANT.fullmatch(merchant):
        raise ValueError("a merchant is a lower-case letter and 1 to 63 of a-z, 0-9, dash and underscore")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"scopes are one or more of {', '.join(SCOPES)}")
    key_id, secret, salt = id_generator(12), id_generator(32), id_generator(16)
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
    """Returns the parts of a credential, or None if it is malformed."""
    match = _CREDENTIAL.fullmatch(credential)
    return Credential(*match.groups()) if match else None


def verify(key: ApiKey | None, credential: Credential, pepper: str) -> bool:
    """Returns True if the credential is valid for the key; takes as long for an unknown key."""
    salt, expected, revoked = (key.salt, key.hash, key.revoked) if key else ("", "", True)
    return hmac.compare_digest(_hash(pepper, salt, credential.secret), expected) and not revoked


def _hash(pepper: str, salt: str, secret: str) -> str:
    return hmac.digest(pepper.encode(), (salt + secret).encode(), hashlib.sha256).hex()
