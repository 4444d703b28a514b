import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.api.validation import has_card_number, texts
from tests.handlers.support import CARD


def check_digit(digits: str) -> str:
    """Returns the Luhn check digit, by the textbook."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


def numbers(shortest: int, longest: int) -> st.SearchStrategy[str]:
    """Numbers of that many digits that pass the Luhn check."""
    digits = st.text("0123456789", min_size=shortest - 1, max_size=longest - 1)
    return digits.map(lambda text: text + check_digit(text))


NUMBERS = numbers(13, 19)


@given(NUMBERS)
def test_every_number_of_13_to_19_digits_that_passes_luhn_is_found(number: str) -> None:
    assert has_card_number(number)


@given(NUMBERS, st.integers(1, 9))
def test_a_wrong_check_digit_is_no_card_number(number: str, off: int) -> None:
    assert not has_card_number(number[:-1] + str((int(number[-1]) + off) % 10))


@given(numbers(8, 12) | numbers(20, 30))
def test_a_number_that_is_too_short_or_too_long_is_none(number: str) -> None:
    assert not has_card_number(number)


@given(NUMBERS, st.sampled_from([" ", "-", "\u00a0", "\u2013", " - "]), st.integers(2, 6))
def test_groups_are_put_together(number: str, separator: str, size: int) -> None:
    groups = [number[start : start + size] for start in range(0, len(number), size)]
    assert has_card_number(separator.join(groups))


@given(NUMBERS, st.text("abcxyz_:/.,;\"'", max_size=9), st.text("abcxyz_:/.,;\"'", max_size=9))
def test_what_stands_around_it_does_not_hide_it(number: str, before: str, after: str) -> None:
    assert has_card_number(before + number + after)


@pytest.mark.parametrize(
    "text",
    [
        f"{CARD} 12/29",
        f"{CARD} 123",
        "4242 4242 4242 4242 123",
        "12 4242-4242-4242-4242",
        "378282246310005",
        "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
        f"cafe{CARD}",
        f"{CARD}-0000-4000-8000",
    ],
)
def test_known_ways_to_write_one_are_found(text: str) -> None:
    assert has_card_number(text)


@pytest.mark.parametrize(
    "text", ["", "424242424242", CARD + "424242", "2026-03-01 12:00", "4242 .. 424242424242", "12.50"]
)
def test_other_digits_are_left_alone(text: str) -> None:
    assert not has_card_number(text)


def test_identifiers_that_everybody_sends_are_never_mistaken() -> None:
    numbers = random.Random(7)
    for _ in range(3000):
        bits = numbers.getrandbits(128)
        assert not has_card_number(str(uuid.UUID(int=bits, version=4)))
        assert not has_card_number(f"Root=1-67891233-{bits >> 32:024x};Parent={bits >> 64:016x}"[:43])
        assert not has_card_number(f"00-{bits:032x}-{bits >> 64:016x}-01")


def test_digits_dressed_as_a_uuid_are_still_digits() -> None:
    assert has_card_number("42424242-4242-4242-0000-000000000000")


def test_every_text_of_a_value_is_looked_at() -> None:
    value = {"a": [1, {"b": "c"}, None], "d": True}
    assert list(texts(value)) == ["a", "1", "b", "c", "None", "d", "True"]
