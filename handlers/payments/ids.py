"""Identifiers: letters only, so that no digits in them can ever look like a card number."""

import re
import secrets
import string
from collections.abc import Callable

type Letters = Callable[[int], str]
"""Gives that many random lower-case letters."""

_LENGTH = 24  # 26**24 is 112 bits
_SEQUENCE_LETTERS = 4
PAYMENT_ID = re.compile(r"pay_[a-z]{24}")
EVENT_ID = re.compile(r"evt_[a-z]{28}")
REFUND_ID = re.compile(r"re_[a-z]{28}")


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


def _numbered(payment: str, sequence: int) -> str:
    number = ""
    for _ in range(_SEQUENCE_LETTERS):
        sequence, digit = divmod(sequence, 26)
        number = string.ascii_lowercase[digit] + number
    return payment.removeprefix("pay_") + number
