"""The job of a day: compare, check the books, keep the report, tell how it went."""

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from payments import json_text
from payments.ledger_checks import Books, breaks
from payments.logs import Log
from payments.reconciliation import Movement, Statement, reconcile

PREFIX = "reconciliation/"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
ONE = timedelta(days=1)


class NotAJob(ValueError):
    """A message that no repetition will make readable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciling:
    """`keep` writes a text under a key of the audit bucket, over what was there before."""

    gateway: str
    statement: Statement
    movements: Callable[[str], Iterable[Movement]]
    books: Callable[[str], Books]
    keep: Callable[[str, str], None]
    log: Log

    def __call__(self, body: str) -> None:
        """Reconcile the day that a message names. Done twice, it keeps the same report under the same key."""
        day = day_of(body)
        around = [(date.fromisoformat(day) + step * ONE).isoformat() for step in (-1, 0, 1)]
        here = [movement for one in around for movement in self.movements(one)]
        there = [movement for one in around for movement in self.statement.settled(one)]
        report = reconcile(day, here, there)
        payments = sorted({movement.payment for movement in here + there if movement.day == day})
        broken = [one for payment in payments for one in breaks(self.books(payment))]
        text = json_text.write(
            {
                "gateway": self.gateway,
                **report.view(),
                "payments": len(payments),
                "ledger_breaks": [asdict(one) for one in broken],
            }
        )
        self.keep(f"{PREFIX}date={day}/{self.gateway}.json", text + "\n")
        # The figures of the metrics: whoever changes a name changes an alarm.
        self.log.info(
            "reconciled",
            date=day,
            matched=len(report.matched),
            differences=report.differences,
            breaks=len(broken),
        )


def day_of(body: str) -> str:
    """The day before the one on which the job was scheduled, or the one that is named. Raises NotAJob."""
    try:
        job = json_text.read(body)
    except json_text.Malformed:
        raise NotAJob("not JSON") from None
    match job:
        case {"job": "reconcile", "date": str(day)}:
            return _day(day).isoformat()
        case {"job": "reconcile", "scheduled": str(moment)}:
            return (_day(moment[:10]) - ONE).isoformat()
    raise NotAJob("not a job of ours")


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise NotAJob("not a date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotAJob("not a date") from None
