"""Text formats: JSON, times and identifiers."""

import json
import re
import secrets
import string
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

type Clock = Callable[[], datetime]
type IdGenerator = Callable[[int], str]
"""Returns that many random characters a-z."""

# Identifiers consist of a-z only: digits in them could look like a card number.
PAYMENT_ID = re.compile(r"pay_[a-z]{24}")
EVENT_ID = re.compile(r"evt_[a-z]{28}")
REFUND_ID = re.compile(r"re_[a-z]{28}")
ENDPOINT_ID = re.compile(r"we_[a-z]{24}")
DELIVERY_ID = re.compile(r"wd_[a-z]{52}")
_RANDOM = 24  # characters; 26**24 is 112 bits
_SEQUENCE = 4  # characters
_MOMENT = 9  # characters for milliseconds since 1970, enough until the year 2142


class MalformedJson(ValueError):
    """Reports text that is not JSON, or that two parsers may read differently (RFC 7493, I-JSON)."""


def to_json(value: object) -> str:
    """Returns compact JSON with keys in their order.

    Not escaped to ASCII, so that the size of a table item is the size of its text.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: object) -> bytes:
    """Returns the same UTF-8 JSON for equal values: sorted keys, no spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()


def from_json(text: str) -> object:
    """Returns the value of a JSON text.

    Raises MalformedJson, also for repeated keys, NaN, lone surrogates and excessive depth.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
        canonical_json(value)  # a lone surrogate cannot be encoded, and so neither stored nor sent
    except (ValueError, RecursionError):
        raise MalformedJson("not valid JSON") from None
    return value


def utc_now() -> datetime:
    """Returns the current time: the clock of production."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Returns `2026-03-01T12:00:00.123Z`: always 24 characters, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(moment: datetime) -> int:
    """Returns whole epoch seconds, the unit of the table's TTL."""
    return int(moment.timestamp())


def lease_end(now: int, seconds: int) -> int:
    """Returns the epoch second at which a lease that begins within the second `now` is over.

    One second is added because `now` is rounded down: without it, a lease could end up to a second before
    its holder has to.
    """
    return now + seconds + 1


def random_id(count: int) -> str:
    """Returns characters a-z of the operating system's random generator."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(count))


def payment_id(id_generator: IdGenerator) -> str:
    """Returns `pay_` and 24 random characters."""
    return "pay_" + id_generator(_RANDOM)


def attempt_id(id_generator: IdGenerator) -> str:
    """Returns 24 random characters that identify one attempt at a request."""
    return id_generator(_RANDOM)


def event_id(payment: str, sequence: int) -> str:
    """Returns `evt_`, the characters of the payment's id, and four characters for the sequence.

    Derived, not random: a repeated write carries the same id, and the id leads to the event's key in the
    table without an index.
    """
    return "evt_" + _numbered(payment, sequence)


def refund_id(payment: str, sequence: int) -> str:
    """Returns `re_`, the characters of the payment's id, and four characters for the sequence."""
    return "re_" + _numbered(payment, sequence)


def payment_and_sequence(identity: str) -> tuple[str, int]:
    """Returns the payment and the sequence that an event's or a refund's id contains."""
    characters = identity.partition("_")[2]
    sequence = 0
    for letter in characters[_RANDOM:]:
        sequence = sequence * 26 + string.ascii_lowercase.index(letter)
    return f"pay_{characters[:_RANDOM]}", sequence


def endpoint_id(id_generator: IdGenerator, moment: datetime) -> str:
    """Returns `we_` and 24 characters that begin with the moment, so that id order is creation order."""
    milliseconds = int(moment.timestamp() * 1000)
    return "we_" + _base26(milliseconds, _MOMENT) + id_generator(_RANDOM - _MOMENT)


def delivery_id(event: str, endpoint: str) -> str:
    """Returns `wd_` and the characters of both ids: the same on every call."""
    return "wd_" + event.removeprefix("evt_") + endpoint.removeprefix("we_")


def event_and_endpoint(delivery: str) -> tuple[str, str]:
    """Returns the event and the endpoint that a delivery's id contains."""
    characters = delivery.removeprefix("wd_")
    event = characters[: _RANDOM + _SEQUENCE]
    return f"evt_{event}", f"we_{characters.removeprefix(event)}"


def _object(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise MalformedJson("a key is repeated")
    return value


def _refuse(constant: str) -> object:
    raise MalformedJson(constant)


def _numbered(payment: str, sequence: int) -> str:
    return payment.removeprefix("pay_") + _base26(sequence, _SEQUENCE)


def _base26(number: int, length: int) -> str:
    text = ""
    for _ in range(length):
        number, digit = divmod(number, 26)
        text = string.ascii_lowercase[digit] + text
    return text
