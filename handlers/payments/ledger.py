"""Double entry: each movement of money is one entry, whose postings sum to zero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why money moves."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Account(StrEnum):
    """Two of the gateway's side, what it holds for us and what it owes us, and two of the merchant's."""

    AUTHORIZED = "gateway:authorized"
    RECEIVABLE = "gateway:receivable"
    RESERVED = "merchant:reserved"
    BALANCE = "merchant:balance"


# Debits are positive. Authorizing reserves; capturing undoes the reservation and posts for good, voiding
# undoes it and that is all; refunding undoes what was posted.
_MOVES: Mapping[Kind, Mapping[Account, int]] = {
    Kind.AUTHORIZE: {Account.AUTHORIZED: +1, Account.RESERVED: -1},
    Kind.CAPTURE: {
        Account.AUTHORIZED: -1,
        Account.RESERVED: +1,
        Account.RECEIVABLE: +1,
        Account.BALANCE: -1,
    },
    Kind.VOID: {Account.AUTHORIZED: -1, Account.RESERVED: +1},
    Kind.REFUND: {Account.RECEIVABLE: -1, Account.BALANCE: +1},
}


class LedgerBreak(Exception):
    """The amounts of a payment and its entries do not agree; nothing may be written on top of it."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A signed amount in minor units; an account belongs to the merchant of its entry."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement in one currency, numbered within its payment, never changed afterwards."""

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
    """The postings of a movement of `amount` minor units."""
    if amount < 1:
        raise ValueError("a movement must be of at least one minor unit")
    return tuple(Posting(account, sign * amount) for account, sign in _MOVES[kind].items())


def balance(entries: Iterable[Entry], account: Account) -> int:
    """Derived, never stored: the sum of an account's postings."""
    return sum(
        posting.amount for entry in entries for posting in entry.postings if posting.account is account
    )
