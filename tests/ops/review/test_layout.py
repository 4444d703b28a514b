from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.review.renderers.layout import HEIGHT, WIDTH, layout

NAMES = [f"n{number}" for number in range(25)]
LINKS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=60)


@given(LINKS)
def test_every_node_has_a_place_of_its_own_within_the_picture(links: list[tuple[str, str]]) -> None:
    drawn = layout(NAMES, links)
    assert set(drawn.places) == set(NAMES)
    for (x, y), (other, below) in combinations(drawn.places.values(), 2):
        assert abs(x - other) >= WIDTH or abs(y - below) >= HEIGHT
    for x, y in drawn.places.values():
        assert 0 <= x <= drawn.width - WIDTH
        assert 0 <= y <= drawn.height - HEIGHT


@given(LINKS)
def test_links_without_a_ring_go_from_left_to_right(links: list[tuple[str, str]]) -> None:
    forward = [(one, other) for one, other in links if NAMES.index(one) < NAMES.index(other)]
    places = layout(NAMES, forward).places
    assert all(places[one][0] + WIDTH < places[other][0] for one, other in forward)


def test_what_is_alone_stands_below_in_rows() -> None:
    places = layout(NAMES[:7], [("n0", "n1")]).places
    assert places["n0"][1] == places["n1"][1] == 0
    below = [places[name] for name in NAMES[2:7]]
    assert len({y for _, y in below}) == 2
    assert min(y for _, y in below) > 0


def test_two_that_cross_are_turned() -> None:
    places = layout(["a", "b", "c", "d"], [("a", "d"), ("b", "c")]).places
    assert (places["a"][1] < places["b"][1]) == (places["d"][1] < places["c"][1])


@pytest.mark.parametrize("names", [[], ["only"]])
def test_a_picture_may_be_almost_empty(names: list[str]) -> None:
    drawn = layout(names, [])
    assert (drawn.width, drawn.height) == ((WIDTH, HEIGHT) if names else (0, 0))
