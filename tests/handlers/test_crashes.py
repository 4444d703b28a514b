"""The process killed at every point that touches the outside: a repetition ends as if nothing had been."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.handlers.support import BODY, LEASE, Killed, MemoryStore, RecordingGateway, World

METHODS = ["pm_approved", "pm_declined", "pm_timeout_after", "pm_requires_action", "pm_rate_limited"]


@dataclass
class Fate:
    """Counts the moments just before and just after each call to the outside, and kills at one of them."""

    at: int = 0
    moments: int = 0

    def pass_by(self) -> None:
        self.moments += 1
        if self.moments == self.at:
            raise Killed


@dataclass
class Fatal:
    """Something outside, each of whose calls has a moment before and one after it."""

    behind: Any
    fate: Fate = field(default_factory=Fate)

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.fate.pass_by()
            result = getattr(self.behind, name)(*arguments, **named)
            self.fate.pass_by()
            return result

        return call


def end_state(store: MemoryStore, gateway: RecordingGateway) -> Any:
    """All that is left, without names and times, which differ from run to run."""
    return {
        "payments": [
            {
                **payment.view(),
                "id": "",
                "created": "",
                "version": payment.version,
                "entries": payment.entries,
            }
            for payment in store.payments.values()
        ],
        "events": [(change.event.type, change.event.sequence) for change in store.changes],
        "ledger": [(entry.kind, entry.postings) for change in store.changes for entry in change.entries],
        "answers": [record.answer and record.answer.status for record in store.records.values()],
        "charges": len(gateway.charges),
        "orders": {order.idempotency_key for order in gateway.orders} == set(store.payments),
    }


def run(method: str, fate: Fate) -> tuple[World, MemoryStore, RecordingGateway, int | None]:
    """One create under a fate; its status, or None when it was killed."""
    store, gateway = MemoryStore(), RecordingGateway()
    world = World(store=Fatal(store, fate), gateway=Fatal(gateway, fate))
    try:
        status = world.create(BODY | {"payment_method": method})["statusCode"]
    except Killed:
        status = None
    return world, store, gateway, status


@pytest.mark.parametrize("method", METHODS)
def test_a_repetition_after_a_kill_at_any_point_ends_as_if_nothing_had_been(method: str) -> None:
    peaceful = Fate()
    _, store, gateway, wanted = run(method, peaceful)
    expected = end_state(store, gateway)
    assert peaceful.moments == 6  # claim, charge, commit: one before and one after each
    for at in range(1, peaceful.moments + 1):
        world, store, gateway, status = run(method, Fate(at))
        assert status is None
        at_once = world.create(BODY | {"payment_method": method})
        assert at_once["statusCode"] in (wanted, 409)
        world.time.forward(LEASE)
        again = world.create(BODY | {"payment_method": method})
        assert again["statusCode"] == wanted
        assert end_state(store, gateway) == expected, f"killed at moment {at}"


def test_a_take_over_that_is_killed_is_taken_over_in_turn() -> None:
    for at in range(5, 13):
        fate = Fate(at=4)  # charged, not committed
        world, store, gateway, _ = run("pm_approved", fate)
        world.time.forward(LEASE)
        fate.at = at
        with pytest.raises(Killed):
            world.create()
        world.time.forward(LEASE)
        assert world.create()["json"]["status"] == "succeeded"
        assert end_state(store, gateway)["charges"] == len(store.payments) == 1
        assert end_state(store, gateway)["answers"] == [201]
