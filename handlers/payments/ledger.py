"""Double-entry bookkeeping: one entry for each movement of money, with postings that sum to zero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Represents the reason of a movement."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Account(StrEnum):
    """Represents an account: reserved and owed amounts, at the gateway and towards the merchant."""

    AUTHORIZED = "gateway:authorized"
    RECEIVABLE = "gateway:receivable"
    RESERVED = "merchant:reserved"
    BALANCE = "merchant:balance"


# Debits are positive. An authorization reserves money. A capture ends the reservation and posts the amount to
# the balance; a void only ends the reservation. A refund reverses the posting.
_SIGNS: Mapping[Kind, Mapping[Account, int]] = {
    Kind.AUTHORIZE: {Account.AUTHORIZED: +1, Account.RESERVED: -1},
    Kind.CAPTURE: {Account.AUTHORIZED: -1, Account.RESERVED: +1, Account.RECEIVABLE: +1, Account.BALANCE: -1},
    Kind.VOID: {Account.AUTHORIZED: -1, Account.RESERVED: +1},
    Kind.REFUND: {Account.RECEIVABLE: -1, Account.BALANCE: +1},
}


class LedgerBreak(Exception):
    """Reports that a payment's amounts contradict its entries; the payment is then not written."""


@dataclass(frozen=True, slots=True)
class Posting:
    """Represents a signed amount in minor units; an account belongs to the merchant of its entry."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Represents one movement in one currency, numbered within its payment and never changed."""

    payment: str
    merchant: str
    sequence: int
    kind: Kind
    currency: str
    created: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        if sum(posting.amount for posting in self.postings):
            raise LedgerBreak("the postings of an entry must sum to zero")


def postings(kind: Kind, amount: int) -> tuple[Posting, ...]:
    """Returns the postings of a movement of `amount` minor units."""
    if amount < 1:
        raise ValueError("a movement must be of at least one minor unit")
    return tuple(Posting(account, sign * amount) for account, sign in _SIGNS[kind].items())


def balance(entries: Iterable[Entry], account: Account) -> int:
    """Returns the sum of an account's postings; balances are never stored."""
    return sum(
        posting.amount for entry in entries for posting in entry.postings if posting.account is account
    )
