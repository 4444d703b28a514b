"""The Idempotency-Key: which requests are the same one, and who may run it now.

Follows draft-ietf-httpapi-idempotency-key-header. A record is held by an attempt until its lease ends; only
the holder can finish it, so of two runs of one request at most one writes.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from payments import json_text
from payments.problems import Problem
from payments.times import lease_end

KEPT_SECONDS = 24 * 60 * 60
_LONGEST_KEY = 255
_RETRY_AFTER = 1  # most requests end within a second
_BARE = re.compile(r"[ -!#-~]+")  # printable ASCII without the quote
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"')  # a String of RFC 8941


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body exactly as they were sent."""

    status: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One key of one merchant on one route; `lease_until` and `expires_at` are epoch seconds.

    `request_id` is of the request that came first.
    """

    merchant: str
    digest: str
    fingerprint: str
    request_id: str
    attempt: str
    lease_until: int
    expires_at: int
    payment: str
    created: str
    answer: Answer | None = None

    def taken_over(self, attempt: str, now: int, lease: int) -> Self:
        """Returns the record as held by another attempt.

        It is kept for as long again, so that TTL cannot delete it under its holder.
        """
        return replace(
            self, attempt=attempt, lease_until=lease_end(now, lease), expires_at=now + KEPT_SECONDS
        )

    def released(self) -> Self:
        """Free for the next attempt at once: this one has changed nothing outside."""
        return replace(self, lease_until=0)

    def done(self, answer: Answer) -> Self:
        """Finished: from now on every repetition gets this answer."""
        return replace(self, answer=answer)


def parse_key(values: Sequence[str]) -> str:
    """The key in a request's Idempotency-Key headers; quoted and bare spellings are one key."""
    if not values:
        raise Problem(
            "idempotency_key_missing", "Send an Idempotency-Key with every POST.", param="Idempotency-Key"
        )
    value = values[0].strip(" \t")
    quoted = _QUOTED.fullmatch(value)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
    if len(set(values)) > 1 or len(key) > _LONGEST_KEY or not (quoted or _BARE.fullmatch(value)):
        raise Problem(
            "idempotency_key_invalid",
            f"Send one key of 1 to {_LONGEST_KEY} printable ASCII characters, bare or in double quotes.",
            param="Idempotency-Key",
        )
    return key


def digest(method: str, route: str, key: str) -> str:
    """The scope of a key within a merchant; a key has no line breaks, so the three cannot run together."""
    return hashlib.sha256(f"{method}\n{route}\n{key}".encode()).hexdigest()


def fingerprint(path_values: Mapping[str, str], body: object) -> str:
    """SHA-256 of the canonical body and path values: two requests with the same one ask for the same."""
    return hashlib.sha256(json_text.canonical([path_values, body])).hexdigest()


def resolve(record: Record, wanted: str, now: int) -> Answer | None:
    """The stored answer, or None when the record may be taken over.

    Raises Problem when the key belongs to another request or its holder is still within its lease.
    """
    if record.fingerprint != wanted:
        raise Problem(
            "idempotency_key_reused",
            "This key was sent with another body or path: use a new key for a new request.",
            param="Idempotency-Key",
        )
    if record.answer is None and record.lease_until > now:
        raise in_use()
    return record.answer


def in_use() -> Problem:
    """The 409 of a request whose twin is running."""
    return Problem(
        "idempotency_key_in_use",
        "The first request with this key has not ended: repeat it for its answer.",
        param="Idempotency-Key",
        retry_after=_RETRY_AFTER,
    )
