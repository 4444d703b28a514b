"""Idempotency-Key: request identity, idempotency records and stored answers.

Follows draft-ietf-httpapi-idempotency-key-header. An attempt holds a record until its lease ends. Only the
holder can finish the record, so of two concurrent attempts at one request at most one writes.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from payments.formats import canonical_json, lease_end
from payments.problems import Problem

RETENTION_SECONDS = 24 * 60 * 60
_MAX_KEY_LENGTH = 255
_RETRY_AFTER = 1  # second; most requests end within it
_BARE = re.compile(r"[ -!#-~]+")  # printable ASCII without the quote
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"')  # a String of RFC 8941


@dataclass(frozen=True, slots=True)
class Answer:
    """Represents the status and the body of an answer, exactly as they were sent."""

    status: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentRequest:
    """Represents a request that changes something, identified by its key (`digest`) and its content."""

    merchant: str
    digest: str
    fingerprint: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Completed:
    """Represents the answer to a request; `replayed` if it was stored by an earlier attempt."""

    answer: Answer
    replayed: bool
    payment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Represents the record of one key of one merchant on one route.

    `lease_until` and `expires_at` are epoch seconds; `request_id` is the id of the first request.
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
            self, attempt=attempt, lease_until=lease_end(now, lease), expires_at=now + RETENTION_SECONDS
        )

    def released(self) -> Self:
        """Returns the record without a lease: the attempt has changed nothing outside."""
        return replace(self, lease_until=0)

    def finished(self, answer: Answer) -> Self:
        """Returns the finished record; every repetition gets its answer."""
        return replace(self, answer=answer)


def parse_key(values: Sequence[str]) -> str:
    """Returns the key of a request's Idempotency-Key headers; quoted and bare spellings are equal."""
    if not values:
        raise Problem(
            "idempotency_key_missing", "Send an Idempotency-Key with every POST.", param="Idempotency-Key"
        )
    value = values[0].strip(" \t")
    quoted = _QUOTED.fullmatch(value)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
    if len(set(values)) > 1 or len(key) > _MAX_KEY_LENGTH or not (quoted or _BARE.fullmatch(value)):
        raise Problem(
            "idempotency_key_invalid",
            f"Send one key of 1 to {_MAX_KEY_LENGTH} printable ASCII characters, bare or in double quotes.",
            param="Idempotency-Key",
        )
    return key


def digest(method: str, route: str, key: str) -> str:
    """Returns the SHA-256 of a key and its route; the three parts contain no line breaks."""
    return hashlib.sha256(f"{method}\n{route}\n{key}".encode()).hexdigest()


def fingerprint(path_values: Mapping[str, str], body: object) -> str:
    """Returns the SHA-256 of the path values and the canonical body: equal for equal requests."""
    return hashlib.sha256(canonical_json([path_values, body])).hexdigest()


def resolve(record: Record, request_fingerprint: str, now: int) -> Answer | None:
    """Returns the stored answer, or None if the record may be taken over.

    Raises Problem if the key belongs to another request, or the lease of its holder has not ended.
    """
    if record.fingerprint != request_fingerprint:
        raise Problem(
            "idempotency_key_reused",
            "This key was sent with another body or path: use a new key for a new request.",
            param="Idempotency-Key",
        )
    if record.answer is None and record.lease_until > now:
        raise in_use()
    return record.answer


def answer_as_winner(winner: Record) -> Completed:
    """Returns the answer of the attempt that holds the record instead. Raises Problem until it has one."""
    if winner.answer is None:
        raise in_use()
    return Completed(winner.answer, True, winner.payment)


def in_use() -> Problem:
    """Returns the 409 of a request while another attempt at it is running."""
    return Problem(
        "idempotency_key_in_use",
        "The first request with this key is still running: repeat the request to get its answer.",
        param="Idempotency-Key",
        retry_after=_RETRY_AFTER,
    )
