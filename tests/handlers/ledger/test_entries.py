import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.ledger import Account, Entry, Kind, LedgerBreak, Posting, balance, postings

AMOUNTS = st.integers(1, 10**12)


def entry(*postings: Posting) -> Entry:
    return Entry(
        payment="pay",
        merchant="acme",
        sequence=1,
        kind=Kind.AUTHORIZE,
        currency="EUR",
        created="2026-03-01T12:00:00.000Z",
        postings=postings,
    )


@given(st.sampled_from(Kind), AMOUNTS)
def test_every_movement_sums_to_zero(kind: Kind, amount: int) -> None:
    assert sum(posting.amount for posting in postings(kind, amount)) == 0


@given(AMOUNTS)
def test_a_capture_resolves_exactly_what_was_authorized(amount: int) -> None:
    entries = [entry(*postings(kind, amount)) for kind in (Kind.AUTHORIZE, Kind.CAPTURE)]
    assert {account: balance(entries, account) for account in Account} == {
        Account.AUTHORIZED: 0,
        Account.RESERVED: 0,
        Account.RECEIVABLE: amount,
        Account.BALANCE: -amount,
    }


@given(AMOUNTS, st.integers(0, 10**12))
def test_what_is_captured_and_what_is_voided_resolve_a_reservation_together(one: int, other: int) -> None:
    moves = [(Kind.AUTHORIZE, one + other), (Kind.CAPTURE, one), *([(Kind.VOID, other)] if other else [])]
    entries = [entry(*postings(kind, amount)) for kind, amount in moves]
    assert [balance(entries, account) for account in Account] == [0, one, 0, -one]


@given(AMOUNTS, AMOUNTS)
def test_a_refund_undoes_what_was_posted(captured: int, refunded: int) -> None:
    moves = [(Kind.AUTHORIZE, captured), (Kind.CAPTURE, captured), (Kind.REFUND, refunded)]
    entries = [entry(*postings(kind, amount)) for kind, amount in moves]
    rest = captured - refunded
    assert [balance(entries, account) for account in Account] == [0, rest, 0, -rest]


@given(st.integers(max_value=0))
def test_a_movement_of_nothing_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="at least one minor unit"):
        postings(Kind.AUTHORIZE, amount)


@given(AMOUNTS, AMOUNTS)
def test_an_entry_that_does_not_balance_cannot_be_made(debit: int, extra: int) -> None:
    with pytest.raises(LedgerBreak, match="sum to zero"):
        entry(Posting(Account.AUTHORIZED, debit + extra), Posting(Account.RESERVED, -debit))
