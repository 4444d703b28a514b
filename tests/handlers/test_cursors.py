import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.card_data import has_card_number
from payments.cursors import Cursors
from payments.problems import Problem

CURSORS = Cursors(lambda: "pepper")
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


def test_a_cursor_of_another_secret_is_refused() -> None:
    with pytest.raises(Problem):
        CURSORS.read(SCOPE, Cursors(lambda: "other").write(SCOPE, "position"))
