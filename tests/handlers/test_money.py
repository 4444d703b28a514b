import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import EXPONENTS, Money, amount_fault, currency_fault

CURRENCIES = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.parametrize(
    ("exponent", "codes"),
    [(0, "JPY KRW CLP ISK UGX"), (2, "EUR USD MGA HUF"), (3, "BHD KWD JOD OMR TND IQD LYD"), (4, "CLF UYW")],
)
def test_a_currency_has_the_minor_unit_of_the_standard(exponent: int, codes: str) -> None:
    assert {EXPONENTS[code] for code in codes.split()} == {exponent}


def test_the_table_has_each_currency_once() -> None:
    assert len(EXPONENTS) == 165
    assert not {"XAU", "XXX", "XTS", "XDR"} & set(EXPONENTS)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1250, "EUR"), "12.50 EUR"),
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(1250, "JPY"), "1250 JPY"),
        (Money(1250, "KWD"), "1.250 KWD"),
        (Money(1250, "CLF"), "0.1250 CLF"),
    ],
)
def test_money_prints_with_its_own_number_of_decimals(money: Money, text: str) -> None:
    assert str(money) == text


@given(st.integers(1, 10**12), CURRENCIES)
def test_the_printed_form_loses_nothing(amount: int, currency: str) -> None:
    number, code = str(Money(amount, currency)).split()
    assert (int(number.replace(".", "")), code) == (amount, currency)


@given(st.integers(1, 1000), CURRENCIES)
def test_every_amount_up_to_the_cap_is_right(amount: int, currency: str) -> None:
    assert amount_fault(amount, currency, cap=1000) is None


@given(
    st.one_of(
        st.integers(max_value=0),
        st.integers(1001),
        st.floats(),
        st.text(),
        st.booleans(),
        st.none(),
        st.just([]),
    )
)
def test_every_other_amount_is_wrong(value: object) -> None:
    assert amount_fault(value, "EUR", cap=1000)


def test_an_amount_over_the_cap_is_told_the_cap_in_its_currency() -> None:
    assert amount_fault(1001, "KWD", cap=1000) == "must be at most 1000: 1.000 KWD"
    assert amount_fault(1001, "???", cap=1000) == "must be at most 1000"


@given(st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text())))
def test_only_codes_of_the_standard_are_currencies(value: object) -> None:
    assert (currency_fault(value) is None) == (isinstance(value, str) and value in EXPONENTS)


@pytest.mark.parametrize("value", ["eur", " EUR", "XXX", "DEM", ""])
def test_what_only_resembles_a_currency_is_wrong(value: str) -> None:
    assert currency_fault(value) == "must be an ISO 4217 code in capitals, such as EUR"
