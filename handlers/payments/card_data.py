"""Card numbers must not enter: not a log, not a table, not a queue."""

import re
from collections.abc import Iterator, Mapping

_SHORTEST, _LONGEST = 13, 19  # ISO/IEC 7812-1 and the schemes that still issue short ones
_SEPARATORS = r"[\s\-\u2010-\u2015\u2212]"
_DIGITS = re.compile(rf"\d(?:{_SEPARATORS}{{0,3}}\d){{{_SHORTEST - 1},}}")
_SEPARATOR = re.compile(f"{_SEPARATORS}+")

# One random UUID in 340 and one X-Ray trace header in 1,000 hold digits that pass the Luhn check by chance.
# A lone token of 32 or more hexadecimal characters with a letter among them is an identifier, not a card.
_IDENTIFIER = re.compile(r"(?<![0-9A-Za-z-])(?=[0-9-]*[a-fA-F])[0-9a-fA-F-]{32,}(?![0-9A-Za-z-])")


def has_card_number(text: str) -> bool:
    """Whether 13 to 19 digits that pass the Luhn check are in the text, also in groups: `4242 4242 …`."""
    return any(
        _passes_luhn(candidate)
        for run in _DIGITS.finditer(_IDENTIFIER.sub("#", text))
        for candidate in _candidates(_SEPARATOR.split(run.group()))
    )


def texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, keys and numbers included, with its escapes resolved."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def _candidates(groups: list[str]) -> Iterator[str]:
    """Neighbouring groups put together: a card number is often followed by a date or a security code."""
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) > _LONGEST:
                break
            if len(digits) >= _SHORTEST:
                yield digits


def _passes_luhn(digits: str) -> bool:
    # int() reads the decimal digits of every script, as \d matches them.
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0
