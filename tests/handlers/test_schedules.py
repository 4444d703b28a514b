"""Thousands of random schedules; no money is moved twice and none is lost.

SCHEDULE_SEED is the number of the first schedule, SCHEDULES how many are run.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from payments.changes import Change
from tests.handlers.schedules import MOST_TASKS, violations
from tests.handlers.support import MemoryStore

FIRST = int(os.environ.get("SCHEDULE_SEED", "1"))
SCHEDULES = int(os.environ.get("SCHEDULES", "3000"))


class Unversioned(MemoryStore):
    """Writes a change over any version."""

    def _write(self, change: Change) -> None:
        self.payments_by_id[change.payment.id] = change.payment
        self.changes.append(change)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MOST_TASKS) as threads:
        yield threads


def test_no_schedule_moves_money_twice_or_loses_it(pool: ThreadPoolExecutor) -> None:
    broken = {
        number: found for number in range(FIRST, FIRST + SCHEDULES) if (found := violations(number, pool))
    }
    first = min(broken, default=0)
    assert not broken, (
        f"{len(broken)} of {SCHEDULES} schedules break a rule. To run the first of them alone: "
        f"SCHEDULE_SEED={first} SCHEDULES=1\n{broken[first]}"
    )


def test_schedules_find_what_a_store_without_versions_does(pool: ThreadPoolExecutor) -> None:
    assert any(violations(number, pool, Unversioned()) for number in range(300))
