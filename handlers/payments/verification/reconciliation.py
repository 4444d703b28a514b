"""Reconciliation of the gateway's settlement of a day with the ledger."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from payments.ledger import Kind

type Statement = Callable[[str], Iterable[Movement]]
"""Returns the movements that a gateway has settled on a day in UTC, such as `2026-03-01`."""

SETTLED_KINDS = (Kind.CAPTURE, Kind.REFUND)  # an authorization and a void move no money


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Represents a movement of money, in the ledger or at the gateway; `created` is RFC 3339."""

    payment: str
    kind: Kind
    amount: int
    currency: str
    created: str

    @property
    def day(self) -> str:
        return self.created[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Represents the differences of one day; `amount_mismatch` has pairs of ledger and gateway."""

    day: str
    matched: Sequence[Movement]
    missing_here: Sequence[Movement]
    missing_there: Sequence[Movement]
    amount_mismatch: Sequence[tuple[Movement, Movement]]

    @property
    def differences(self) -> int:
        return len(self.missing_here) + len(self.missing_there) + len(self.amount_mismatch)

    def view(self) -> dict[str, object]:
        """Returns the report as the audit bucket stores it."""
        sums: Counter[str] = Counter()
        for movement in self.matched:
            sums[f"{movement.kind} {movement.currency}"] += movement.amount
        return {
            "date": self.day,
            "differences": self.differences,
            "matched": {"count": len(self.matched), "amounts": dict(sorted(sums.items()))},
            "missing_here": [asdict(movement) for movement in self.missing_here],
            "missing_there": [asdict(movement) for movement in self.missing_there],
            "amount_mismatch": [
                {**asdict(here), "amount_there": there.amount, "currency_there": there.currency}
                for here, there in self.amount_mismatch
            ],
        }


def reconcile(day: str, here: Iterable[Movement], there: Iterable[Movement]) -> Report:
    """Pairs the movements of a day one to one.

    Both sides may include the days around it, because clocks differ and a missing answer is settled later.
    The movements of those days are paired but not reported.
    """
    all_here, all_there = _by_payment(here), _by_payment(there)
    matched: list[tuple[Movement, Movement]] = []
    mismatched: list[tuple[Movement, Movement]] = []
    unpaired_here: list[Movement] = []
    unpaired_there: list[Movement] = []
    for key in sorted(all_here.keys() | all_there.keys()):
        own, other = all_here.get(key, []), all_there.get(key, [])
        matched += _pairs(own, other, same_day=True)
        matched += _pairs(own, other, same_day=False)
        count = min(len(own), len(other))
        mismatched += zip(own[:count], other[:count], strict=True)
        unpaired_here += own[count:]
        unpaired_there += other[count:]
    return Report(
        day=day,
        matched=[own for own, _ in matched if own.day == day],
        missing_there=[movement for movement in unpaired_here if movement.day == day],
        missing_here=[movement for movement in unpaired_there if movement.day == day],
        amount_mismatch=[pair for pair in mismatched if pair[0].day == day],
    )


def _by_payment(movements: Iterable[Movement]) -> Mapping[tuple[str, Kind], list[Movement]]:
    found: defaultdict[tuple[str, Kind], list[Movement]] = defaultdict(list)
    for movement in sorted(movements, key=lambda one: (one.created, one.amount)):
        found[movement.payment, movement.kind].append(movement)
    return found


def _pairs(own: list[Movement], other: list[Movement], *, same_day: bool) -> list[tuple[Movement, Movement]]:
    """Removes equal movements from both lists and returns them as pairs."""
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
