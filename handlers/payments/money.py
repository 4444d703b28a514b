"""Amounts in minor units and currencies of ISO 4217."""

from collections.abc import Mapping
from dataclasses import dataclass

# ISO 4217 list one, published 2026-01-01: every code that has a minor unit, by its exponent. Metals, bond
# units, the SDR and the test codes have none and are not accepted.
_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
        "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
        "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK "
        "MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD "
        "RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH "
        "USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS: Mapping[str, int] = {
    code: exponent for exponent, codes in _CODES.items() for code in codes.split()
}

# Twelve digits: one short of the shortest card number, and exact in every JSON parser.
MAX_AMOUNT = 999_999_999_999


@dataclass(frozen=True, slots=True)
class Money:
    """Represents an amount in minor units of an ISO 4217 currency; prints as `12.34 USD`."""

    amount: int
    currency: str

    def __str__(self) -> str:
        exponent = EXPONENTS[self.currency]
        major, minor = divmod(self.amount, 10**exponent)
        return f"{major}.{minor:0{exponent}d} {self.currency}" if exponent else f"{major} {self.currency}"


def currency_fault(value: object) -> str | None:
    """Returns the fault of a currency code, or None."""
    if isinstance(value, str) and value in EXPONENTS:
        return None
    return "must be an ISO 4217 code in capitals, such as EUR"


def amount_fault(value: object, currency: object, cap: int) -> str | None:
    """Returns the fault of an amount, or None; `cap` is in minor units of any currency."""
    # bool is an int in Python, but true is not an amount.
    if not isinstance(value, int) or isinstance(value, bool):
        return "must be an integer in minor units, without quotes, decimals or exponent"
    if value < 1:
        return "must be at least 1"
    if value <= cap:
        return None
    if currency_fault(currency):
        return f"must be at most {cap}"
    return f"must be at most {cap}: {Money(cap, str(currency))}"
