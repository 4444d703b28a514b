import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.api.api_keys import Pepper
from payments.api.pagination import Cursors
from payments.api.validation import has_card_number
from payments.problems import Problem
from tests.handlers.support import PEPPER

NEWER = Pepper("3f0c1f0e-0000-4000-8000-2f6a1b8c9d4e", "another")
SECRETS = {pepper.version: pepper.value for pepper in (PEPPER, NEWER)}
CURSORS = Cursors(lambda: PEPPER, SECRETS.get)
SCOPE = ["acme", "/v1/payments", "status=failed"]
POSITIONS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(POSITIONS)
def test_a_cursor_leads_back_to_its_position(position: str) -> None:
    cursor = CURSORS.write(SCOPE, position)
    assert CURSORS.read(SCOPE, cursor) == position
    assert re.fullmatch("[a-p]+", cursor)
    assert not has_card_number(cursor)


@pytest.mark.parametrize(
    "scope",
    [
        ["globex", *SCOPE[1:]],
        ["acme", "/v1/events", "status=failed"],
        ["acme", "/v1/payments", "status=succeeded"],
        ["acme", "/v1/payments"],
    ],
)
def test_a_cursor_of_another_merchant_list_or_filter_is_refused(scope: list[str]) -> None:
    with pytest.raises(Problem) as caught:
        CURSORS.read(scope, CURSORS.write(SCOPE, "position"))
    assert (caught.value.status, caught.value.param) == (400, "cursor")


@given(st.integers(0), st.sampled_from("abcdefghijklmnop"))
def test_a_cursor_with_any_letter_changed_is_refused(place: int, letter: str) -> None:
    cursor = CURSORS.write(SCOPE, "position")
    place %= len(cursor)
    forged = cursor[:place] + letter + cursor[place + 1 :]
    if forged != cursor:
        with pytest.raises(Problem):
            CURSORS.read(SCOPE, forged)


@given(st.text(max_size=80) | st.text("abcdefghijklmnop", max_size=200))
def test_nothing_else_is_a_cursor(text: str) -> None:
    with pytest.raises(Problem):
        CURSORS.read(SCOPE, text)


def test_a_cursor_survives_a_rotation_of_the_pepper() -> None:
    rotated = Cursors(lambda: NEWER, SECRETS.get)
    assert rotated.read(SCOPE, CURSORS.write(SCOPE, "position")) == "position"
    assert CURSORS.read(SCOPE, rotated.write(SCOPE, "position")) == "position"


@pytest.mark.parametrize("text", ["stolen", ""])
def test_a_cursor_signed_with_another_text_of_its_version_is_refused(text: str) -> None:
    forged = Cursors(lambda: Pepper(PEPPER.version, text), SECRETS.get).write(SCOPE, "position")
    with pytest.raises(Problem):
        CURSORS.read(SCOPE, forged)


@pytest.mark.parametrize(
    ("version", "expected_lookups"),
    [
        (PEPPER.version[::-1], [PEPPER.version[::-1]]),
        ("AWSCURRENT", []),
        (PEPPER.version + "?", []),
        ("é" * 32, []),
        ("a" * 65, []),
    ],
)
def test_only_what_may_be_a_version_is_looked_up_and_an_unknown_one_signs_nothing(
    version: str, expected_lookups: list[str]
) -> None:
    lookups: list[str] = []

    def find(name: str) -> str | None:
        lookups.append(name)
        return SECRETS.get(name)

    forged = Cursors(lambda: Pepper(version, PEPPER.value), SECRETS.get).write(SCOPE, "position")
    with pytest.raises(Problem) as caught:
        Cursors(lambda: PEPPER, find).read(SCOPE, forged)
    assert (caught.value.status, caught.value.param, lookups) == (400, "cursor", expected_lookups)
