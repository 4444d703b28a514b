from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.api.validation import parse_new_payment, read_object
from payments.money import EXPONENTS
from payments.payment import CaptureMethod
from payments.problems import Problem
from tests.handlers.document import document, faults

CAP = 1_000_000
GOOD: dict[str, Any] = {"amount": 1250, "currency": "EUR", "payment_method": "pm_approved"}
ANYTHING: Any = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([])
BODIES = st.fixed_dictionaries(
    {
        "amount": st.integers(1, CAP),
        "currency": st.sampled_from(sorted(EXPONENTS)),
        "payment_method": st.from_regex(r"\A(pm|tok)_[A-Za-z0-9_]{1,64}\Z"),
    },
    optional={
        "capture_method": st.sampled_from(["automatic", "manual"]),
        "metadata": st.dictionaries(
            st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40),
            st.text(max_size=50),
            max_size=5,
        ),
    },
)


def problem(body: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        parse_new_payment(body, CAP)
    return caught.value


@given(BODIES)
def test_every_right_body_is_accepted_here_and_by_the_document(body: dict[str, Any]) -> None:
    wanted = parse_new_payment(body, CAP)
    assert (wanted.amount, wanted.currency, wanted.metadata) == (
        body["amount"],
        body["currency"],
        body.get("metadata", {}),
    )
    assert wanted.capture_method == body.get("capture_method", "automatic")
    assert list(faults(document()["components"]["schemas"]["NewPayment"], body)) == []


@given(
    BODIES, st.sampled_from(["amount", "currency", "payment_method", "capture_method", "metadata"]), ANYTHING
)
def test_a_body_that_breaks_the_document_is_refused_here(body: dict[str, Any], name: str, value: Any) -> None:
    body = body | {name: value}
    if list(faults(document()["components"]["schemas"]["NewPayment"], body)):
        assert problem(body).param == name


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"amount": 12.5}, "amount"),
        ({"amount": "1250"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": CAP + 1}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"currency": 978}, "currency"),
        ({"payment_method": "card_1"}, "payment_method"),
        ({"payment_method": "pm_"}, "payment_method"),
        ({"payment_method": "pm_a-b"}, "payment_method"),
        ({"payment_method": None}, "payment_method"),
        ({"capture_method": "later"}, "capture_method"),
        ({"capture_method": []}, "capture_method"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"metadata": {"a": None}}, "metadata"),
        ({"metadata": {"": "a"}}, "metadata"),
        ({"metadata": {"a\n": "a"}}, "metadata"),
        ({"metadata": {"a" * 41: "a"}}, "metadata"),
        ({"metadata": {"a": "a" * 501}}, "metadata"),
        ({"metadata": {str(number): "a" for number in range(51)}}, "metadata"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], param: str) -> None:
    refused = problem(GOOD | change)
    assert (refused.status, refused.param) == (400, param)
    assert refused.errors == [{"param": param, "detail": refused.errors[0]["detail"]}]
    assert refused.detail == f"{param} {refused.errors[0]['detail']}."


def test_all_faults_are_told_at_once() -> None:
    refused = problem({"amount": 0, "capture_method": 1, "colour": "red"})
    assert [error["param"] for error in refused.errors] == [
        "currency",
        "payment_method",
        "amount",
        "capture_method",
        "colour",
    ]


def test_many_unknown_fields_do_not_make_a_long_answer() -> None:
    refused = problem(GOOD | {f"{number}{'x' * 100}": 1 for number in range(200)})
    assert len(refused.errors) == 50
    assert max(len(error["param"]) for error in refused.errors) == 64


def test_what_is_left_out_has_its_default() -> None:
    wanted = parse_new_payment(GOOD, CAP)
    assert (wanted.capture_method, wanted.metadata) == (CaptureMethod.AUTOMATIC, {})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', '{"a":1,"a":1}', '{"a":NaN}'])
def test_a_body_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(Problem) as caught:
        read_object(text)
    assert caught.value.code == "invalid_body"
