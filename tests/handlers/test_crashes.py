"""The process killed before and after every external call: a repetition ends in the same state."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.handlers.support import BODY, LEASE, Killed, MemoryStore, RecordingGateway, Time, World

METHODS = ["pm_approved", "pm_declined", "pm_timeout_after", "pm_requires_action", "pm_rate_limited"]


@dataclass
class Fate:
    """Counts the moments before and after each external call, and kills the process at one of them."""

    at: int = 0
    moments: int = 0

    def pass_by(self) -> None:
        self.moments += 1
        if self.moments == self.at:
            raise Killed


@dataclass
class Fatal:
    """Wraps a port; the process can be killed before and after each of its calls."""

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
    """Returns the final state without ids and times, which differ from run to run, and number of writes."""
    return {
        "payments": [
            {
                **payment.view(),
                "id": "",
                "created": "",
                "events": payment.events,
                "entries": payment.entries,
            }
            for payment in store.payments_by_id.values()
        ],
        "events": [(event.type, event.sequence) for event in store.events_written],
        "ledger": [(entry.kind, entry.postings) for entry in store.entries],
        "refunds": [(refund.amount, refund.status) for refund in store.refunds_by_id.values()],
        "answers": [record.answer and record.answer.status for record in store.records.values()],
        "charges": len(gateway.charges),
        "moved": {kind: gateway.moved(kind) for kind in ("capture", "cancel", "refund")},
        "orders": {order.idempotency_key for order in gateway.orders} == set(store.payments_by_id),
    }


@dataclass
class Scene:
    """Represents a world whose ports can kill the process, and one request in it."""

    before: str
    verb: str
    body: Any
    fate: Fate = field(default_factory=Fate)
    store: MemoryStore = field(default_factory=MemoryStore)
    gateway: RecordingGateway = field(default_factory=RecordingGateway)
    time: Time = field(default_factory=Time)
    payment: str = ""

    def __post_init__(self) -> None:
        peaceful = World(store=self.store, gateway=self.gateway, time=self.time)
        if self.before:
            self.payment = peaceful.authorized()
        if self.before == "captured":
            peaceful.do("capture", self.payment, key="before")
        self.world = World(
            store=Fatal(self.store, self.fate), gateway=Fatal(self.gateway, self.fate), time=self.time
        )

    def request(self) -> dict[str, Any]:
        if self.before:
            return self.world.do(self.verb, self.payment, self.body)
        return self.world.create(self.body)

    def status(self) -> int | None:
        """Returns the status of the answer, or None if the process was killed."""
        try:
            return int(self.request()["statusCode"])
        except Killed:
            return None

    def end_state(self) -> Any:
        return end_state(self.store, self.gateway)


SCENES: list[tuple[str, str, Any]] = [
    *(("", "create", BODY | {"payment_method": method}) for method in METHODS),
    ("authorized", "capture", None),
    ("authorized", "capture", {"amount": 500, "final": False}),
    ("authorized", "cancel", None),
    ("captured", "refunds", {"amount": 500}),
]


@pytest.mark.parametrize("scene", SCENES)
def test_a_repetition_after_a_kill_at_any_point_ends_as_if_nothing_had_been(
    scene: tuple[str, str, Any],
) -> None:
    peaceful = Scene(*scene)
    wanted = peaceful.status()
    expected = peaceful.end_state()
    # Claim, gateway and commit, after a read of the payment: one moment before and one after each.
    assert peaceful.fate.moments == (8 if scene[0] else 6)
    for at in range(1, peaceful.fate.moments + 1):
        war = Scene(*scene, fate=Fate(at))
        assert war.status() is None
        assert war.status() in (wanted, 409)
        war.time.forward(LEASE)
        assert war.status() == wanted
        assert war.end_state() == expected, f"killed at moment {at}"


@pytest.mark.parametrize("scene", [SCENES[0], SCENES[-1]])
def test_a_take_over_that_is_killed_is_taken_over_in_turn(scene: tuple[str, str, Any]) -> None:
    peaceful = Scene(*scene)
    wanted, moments = peaceful.status(), peaceful.fate.moments
    for at in range(1, moments + 3):
        war = Scene(*scene, fate=Fate(at=moments - 2))  # done by the gateway, not yet written
        assert war.status() is None
        war.time.forward(LEASE)
        war.fate.at = war.fate.moments + at
        assert war.status() is None
        war.time.forward(LEASE)
        assert war.status() == wanted
        assert war.end_state() == peaceful.end_state()
