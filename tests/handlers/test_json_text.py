import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.json_text import Malformed, canonical, read, write

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_what_is_written_reads_back(value: object) -> None:
    assert read(write(value)) == value


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_the_canonical_form_does_not_depend_on_order_or_spaces(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical(read(json.dumps(turned, indent=2))) == canonical(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":1}}',
        "NaN",
        "[-Infinity]",
        '"\\ud800"',
        '{"\\udc00":1}',
        '"\udcff"',
        "1" * 5000,
        "[" * 100_000,
    ],
)
def test_text_that_two_parsers_may_read_differently_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)
