"""JSON with one spelling going out and no ambiguity coming in (RFC 8259, I-JSON of RFC 7493)."""

import json
from collections.abc import Mapping


class Malformed(ValueError):
    """The text is not JSON, or is JSON that two parsers may read differently."""


def write(value: object) -> str:
    """Compact and in the order given. Not escaped to ASCII, so that an item's size is that of its text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def canonical(value: object) -> bytes:
    """One spelling for equal values: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()


def read(text: str) -> object:
    """The value; raises Malformed, also for repeated keys, NaN, lone surrogates and absurd depth."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
        canonical(value)  # a lone surrogate cannot be encoded, and so neither stored nor sent
    except (ValueError, RecursionError):
        raise Malformed("not valid JSON") from None
    return value


def _object(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise Malformed("a key is repeated")
    return value


def _refuse(constant: str) -> object:
    raise Malformed(constant)
