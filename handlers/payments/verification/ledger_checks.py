"""Checks of a payment against its ledger entries and refunds; each contradiction is one break."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from payments.ledger import Account, Kind, postings
from payments.payment import FINAL
from payments.refund import RefundStatus


@dataclass(frozen=True, slots=True)
class Break:
    """Represents one contradiction; `detail` has numbers and account names, no data of the payer."""

    payment: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Represents the stored items of one payment, unparsed, so that invalid ones can be checked too."""

    payment_id: str
    payment: Mapping[str, Any] | None = None
    entries: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    refunds: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def breaks(books: Books) -> list[Break]:
    """Returns all breaks of a payment; an empty list if there is none."""
    found = _entry_breaks(books) if books.payment is None else _payment_breaks(books, books.payment)
    return [Break(books.payment_id, code, detail) for code, detail in found]


def _payment_breaks(books: Books, payment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _entry_breaks(books)
    numbers = [int(entry["sequence"]) for entry in books.entries]
    expected = range(1, int(payment["entries"]) + 1)
    yield from (("missing_entry", f"entry {number}") for number in expected if number not in numbers)
    yield from (("extra_entry", f"entry {number}") for number in numbers if number not in expected)
    for entry in books.entries:
        for name in ("currency", "merchant"):
            if entry[name] != payment[name]:
                yield f"wrong_{name}", f"entry {entry['sequence']}"
    yield from _amount_breaks(books, payment)


def _entry_breaks(books: Books) -> Iterator[tuple[str, str]]:
    if books.payment is None and books.entries:
        yield "no_payment", f"{len(books.entries)} entries"
    for entry in books.entries:
        found = _postings(entry)
        if sum(found.values()):
            yield "unbalanced", f"entry {entry['sequence']} sums to {sum(found.values())}"
        elif not _matches_kind(str(entry["kind"]), found):
            yield "wrong_postings", f"entry {entry['sequence']}"


def _amount_breaks(books: Books, payment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    moved = {kind: _moved(books, kind) for kind in Kind}
    derived = {
        "amount_capturable": moved[Kind.AUTHORIZE] - moved[Kind.CAPTURE] - moved[Kind.VOID],
        "amount_captured": moved[Kind.CAPTURE],
        "amount_refunded": moved[Kind.REFUND],
    }
    for name, amount in derived.items():
        if payment[name] != amount:
            yield f"{name}_differs", f"{payment[name]} on the payment, {amount} in the ledger"
    if moved[Kind.AUTHORIZE] > payment["amount"]:
        yield "authorized_too_much", f"{moved[Kind.AUTHORIZE]} of {payment['amount']}"
    if moved[Kind.CAPTURE] + moved[Kind.VOID] > moved[Kind.AUTHORIZE]:
        yield "resolved_twice", f"{moved[Kind.CAPTURE] + moved[Kind.VOID]} of {moved[Kind.AUTHORIZE]}"
    if moved[Kind.REFUND] > moved[Kind.CAPTURE]:
        yield "refunded_too_much", f"{moved[Kind.REFUND]} of {moved[Kind.CAPTURE]}"
    if payment["status"] in FINAL and derived["amount_capturable"]:
        yield "open_when_final", f"{derived['amount_capturable']} are still reserved"
    refunded = sum(
        int(refund["amount"]) for refund in books.refunds if refund["status"] == RefundStatus.SUCCEEDED
    )
    if refunded != moved[Kind.REFUND]:
        yield "refunds_differ", f"{refunded} in refunds, {moved[Kind.REFUND]} in the ledger"


def _moved(books: Books, kind: Kind) -> int:
    """Returns the sum of all entries of a kind; a capture debits its amount twice."""
    entries = [entry for entry in books.entries if entry["kind"] == kind]
    debits = sum(max(amount, 0) for entry in entries for amount in _postings(entry).values())
    return debits // (2 if kind is Kind.CAPTURE else 1)


def _postings(entry: Mapping[str, Any]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for posting in entry["postings"]:
        sums[str(posting["account"])] += int(posting["amount"])
    return sums


def _matches_kind(kind: str, found: Mapping[str, int]) -> bool:
    """Returns True if the postings are those of a movement of this kind."""
    amount = max(found.values(), default=0)
    if kind not in tuple(Kind) or amount < 1 or not set(found) <= set(Account):
        return False
    return {posting.account: posting.amount for posting in postings(Kind(kind), amount)} == found
