from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.adapters.table import from_item, to_item
from payments.payment import Status

VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=4))
def test_what_goes_into_the_table_comes_back(values: dict[str, Any]) -> None:
    assert from_item(to_item(values)) == values


def test_each_type_has_its_attribute() -> None:
    values = {"a": None, "b": True, "c": 7, "d": Status.FAILED, "e": (1, "x"), "f": {"g": "h"}}
    assert to_item(values) == {
        "a": {"NULL": True},
        "b": {"BOOL": True},
        "c": {"N": "7"},
        "d": {"S": "failed"},
        "e": {"L": [{"N": "1"}, {"S": "x"}]},
        "f": {"M": {"g": {"S": "h"}}},
    }


@pytest.mark.parametrize("value", [1.5, b"bytes", object()])
def test_what_has_no_exact_attribute_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no attribute type"):
        to_item({"a": value})
