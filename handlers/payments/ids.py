"""Identifiers: letters only, so that no digits in them can ever look like a card number."""

import re
import secrets
import string
from collections.abc import Callable
from datetime import datetime

type Letters = Callable[[int], str]
"""Gives that many random lower-case letters."""

_LENGTH = 24  # 26**24 is 112 bits
_SEQUENCE_LETTERS = 4
PAYMENT_ID = re.compile(r"pay_[a-z]{24}")
EVENT_ID = re.compile(r"evt_[a-z]{28}")
REFUND_ID = re.compile(r"re_[a-z]{28}")
_MOMENT_LETTERS = 9  # milliseconds since 1970, until the year 2142
ENDPOINT_ID = re.compile(r"we_[a-z]{24}")
DELIVERY_ID = re.compile(r"wd_[a-z]{52}")


def random_letters(count: int) -> str:
    """Letters from the operating system's generator."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(count))


def payment_id(letters: Letters) -> str:
    """`pay_` and 24 letters."""
    return "pay_" + letters(_LENGTH)


def attempt_id(letters: Letters) -> str:
    """24 letters that name one run of a request."""
    return letters(_LENGTH)


def event_id(payment: str, sequence: int) -> str:
    """`evt_`, the letters of its payment and its sequence as four letters.

    Derived, not random: a write that is sent again carries the same id, and the id leads to the event's
    key in the table without an index.
    """
    return "evt_" + _numbered(payment, sequence)


def refund_id(payment: str, sequence: int) -> str:
    """`re_`, and the same letters as those of an event."""
    return "re_" + _numbered(payment, sequence)


def origin(identity: str) -> tuple[str, int]:
    """The payment and the sequence of an event's or a refund's id."""
    letters = identity.partition("_")[2]
    sequence = 0
    for letter in letters[_LENGTH:]:
        sequence = sequence * 26 + string.ascii_lowercase.index(letter)
    return f"pay_{letters[:_LENGTH]}", sequence


def endpoint_id(letters: Letters, moment: datetime) -> str:
    """`we_` and 24 letters, the first of them the moment: the order of ids is the order of creation."""
    milliseconds = int(moment.timestamp() * 1000)
    return "we_" + _in_letters(milliseconds, _MOMENT_LETTERS) + letters(_LENGTH - _MOMENT_LETTERS)


def delivery_id(event: str, endpoint: str) -> str:
    """`wd_`, the letters of the event and of the endpoint: the same however often it is made."""
    return "wd_" + event.removeprefix("evt_") + endpoint.removeprefix("we_")


def delivered(identity: str) -> tuple[str, str]:
    """The event and the endpoint of a delivery's id."""
    letters = identity.removeprefix("wd_")
    event = letters[: _LENGTH + _SEQUENCE_LETTERS]
    return f"evt_{event}", f"we_{letters.removeprefix(event)}"


def _numbered(payment: str, sequence: int) -> str:
    return payment.removeprefix("pay_") + _in_letters(sequence, _SEQUENCE_LETTERS)


def _in_letters(number: int, length: int) -> str:
    text = ""
    for _ in range(length):
        number, digit = divmod(number, 26)
        text = string.ascii_lowercase[digit] + text
    return text
