"""What the gateway says that it settled on a day, against what the ledger says."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from payments.ledger import Kind

SETTLES = (Kind.CAPTURE, Kind.REFUND)  # authorizing and voiding moves no money


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that moved, on one side; `created` is RFC 3339, whose first ten characters are the day."""

    payment: str
    kind: Kind
    amount: int
    currency: str
    created: str

    @property
    def day(self) -> str:
        return self.created[:10]


class Statement(Protocol):
    """The gateway's side."""

    def settled(self, day: str) -> Iterable[Movement]:
        """What it settled on a day, `2026-03-01`, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one day. Pairs of `amount_mismatch` are of the ledger and of the gateway."""

    day: str
    matched: Sequence[Movement]
    missing_here: Sequence[Movement]
    missing_there: Sequence[Movement]
    amount_mismatch: Sequence[tuple[Movement, Movement]]

    @property
    def differences(self) -> int:
        return len(self.missing_here) + len(self.missing_there) + len(self.amount_mismatch)

    def view(self) -> dict[str, object]:
        """The report as it is kept."""
        sums: Counter[str] = Counter()
        for movement in self.matched:
            sums[f"{movement.kind} {movement.currency}"] += movement.amount
        return {
            "date": self.day,
            "differences": self.differences,
            "matched": {"count": len(self.matched), "amounts": dict(sorted(sums.items()))},
            "missing_here": [_view(movement) for movement in self.missing_here],
            "missing_there": [_view(movement) for movement in self.missing_there],
            "amount_mismatch": [
                {**_view(here), "amount_there": there.amount, "currency_there": there.currency}
                for here, there in self.amount_mismatch
            ],
        }


def reconcile(day: str, here: Iterable[Movement], there: Iterable[Movement]) -> Report:
    """Pair the movements of a day, one with one.

    Both sides may bring those of the days around it: clocks differ, and an answer that did not come is
    settled later. They are paired, and not reported.
    """
    ours, theirs = _by_payment(here), _by_payment(there)
    matched: list[tuple[Movement, Movement]] = []
    mismatched: list[tuple[Movement, Movement]] = []
    left: tuple[list[Movement], list[Movement]] = [], []
    for key in sorted(ours.keys() | theirs.keys()):
        own, other = ours.get(key, []), theirs.get(key, [])
        matched += _pairs(own, other, same_day=True)
        matched += _pairs(own, other, same_day=False)
        count = min(len(own), len(other))
        mismatched += zip(own[:count], other[:count], strict=True)
        left[0].extend(own[count:])
        left[1].extend(other[count:])
    return Report(
        day=day,
        matched=[own for own, _ in matched if own.day == day],
        missing_there=[movement for movement in left[0] if movement.day == day],
        missing_here=[movement for movement in left[1] if movement.day == day],
        amount_mismatch=[pair for pair in mismatched if pair[0].day == day],
    )


def _by_payment(movements: Iterable[Movement]) -> Mapping[tuple[str, Kind], list[Movement]]:
    found: defaultdict[tuple[str, Kind], list[Movement]] = defaultdict(list)
    for movement in sorted(movements, key=lambda one: (one.created, one.amount)):
        found[movement.payment, movement.kind].append(movement)
    return found


def _pairs(own: list[Movement], other: list[Movement], *, same_day: bool) -> list[tuple[Movement, Movement]]:
    """Take equal ones out of both lists."""
    pairs = []
    for movement in list(own):
        for candidate in other:
            equal = (movement.amount, movement.currency) == (candidate.amount, candidate.currency)
            if equal and (movement.day == candidate.day or not same_day):
                own.remove(movement)
                other.remove(candidate)
                pairs.append((movement, candidate))
                break
    return pairs


def _view(movement: Movement) -> dict[str, object]:
    return {
        "payment": movement.payment,
        "kind": movement.kind,
        "amount": movement.amount,
        "currency": movement.currency,
        "created": movement.created,
    }
