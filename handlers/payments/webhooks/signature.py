"""Secrets and signatures of Standard Webhooks 1.0.0."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable

_PREFIX = "whsec_"
_BYTES = 32  # of 24 to 64


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """Returns `whsec_` and base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(random_bytes(_BYTES)).decode()


def headers(identity: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """Returns the three headers; one signature for each secret, so that a receiver may have any of them."""
    signed = f"{identity}.{timestamp}.".encode() + body
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
