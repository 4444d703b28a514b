"""The daily job: reconcile, check the ledger, store the report and log its figures."""

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from payments.formats import MalformedJson, from_json, to_json
from payments.telemetry import Log
from payments.verification.ledger_checks import Books, breaks
from payments.verification.reconciliation import Movement, Statement, reconcile

PREFIX = "reconciliation/"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
ONE = timedelta(days=1)


class NotAJob(ValueError):
    """Reports a message that no retry can process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyReconciliation:
    """Reconciles a day; `store` writes a text under a key of the audit bucket."""

    gateway: str
    statement: Statement
    movements: Callable[[str], Iterable[Movement]]
    books: Callable[[str], Books]
    store: Callable[[str, str], None]
    log: Log

    def __call__(self, body: str) -> None:
        """Reconciles the day of a message; a repetition overwrites its report. Raises NotAJob."""
        day = day_of(body)
        around = [(date.fromisoformat(day) + step * ONE).isoformat() for step in (-1, 0, 1)]
        here = [movement for one in around for movement in self.movements(one)]
        there = [movement for one in around for movement in self.statement(one)]
        report = reconcile(day, here, there)
        payments = sorted({movement.payment for movement in here + there if movement.day == day})
        found = [one for payment in payments for one in breaks(self.books(payment))]
        text = to_json(
            {
                "gateway": self.gateway,
                **report.view(),
                "payments": len(payments),
                "ledger_breaks": [asdict(one) for one in found],
            }
        )
        self.store(f"{PREFIX}date={day}/{self.gateway}.json", text + "\n")
        # Metric filters read this line: a renamed member breaks an alarm.
        self.log.info(
            "reconciled",
            date=day,
            matched=len(report.matched),
            differences=report.differences,
            breaks=len(found),
        )


def day_of(body: str) -> str:
    """Returns the day of a job, by default the day before its schedule. Raises NotAJob."""
    try:
        job = from_json(body)
    except MalformedJson:
        raise NotAJob("not JSON") from None
    match job:
        case {"job": "reconcile", "date": str(day)}:
            return _day(day).isoformat()
        case {"job": "reconcile", "scheduled": str(moment)}:
            return (_day(moment[:10]) - ONE).isoformat()
    raise NotAJob("not a reconciliation job")


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise NotAJob("not a date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotAJob("not a date") from None
