"""Random sequences of requests, repetitions, kills and sweeps, compared step by step with the model.

The same machine runs over the store in memory and over the real table.
"""

from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from payments.adapters.index import Index
from payments.adapters.items import collection
from payments.adapters.table import Table, from_item, to_item
from payments.formats import epoch, payment_and_sequence
from payments.ledger import Account
from tests.handlers.model import METHODS, ModelPayment
from tests.handlers.support import (
    LEASE,
    Killed,
    MemoryStore,
    RecordingGateway,
    World,
    get,
    listed,
    post,
    post_to,
)
from tests.handlers.test_crashes import Fatal, Fate

pytestmark = pytest.mark.process

MERCHANTS = ("acme", "globex")
# Small, and most of them approved: only then do several things happen to one payment.
AMOUNTS = st.integers(4, 20)
PARTS = st.none() | st.integers(1, 12)
TRIED = st.sampled_from(("pm_approved",) * 8 + METHODS)
# None: in peace. Else the moment, before or after a call to the outside, at which the process ends.
KILLS = st.none() | st.integers(1, 8)
DAY = 24 * 3600
MOST = 4  # payments in a sequence, so that much happens to each

type Postings = list[dict[str, Any]]
type Ledger = Callable[[str], list[Postings]]
"""The postings of each entry of a payment."""


class Payments(RuleBasedStateMachine):
    """Runs requests of two merchants on one table; the process may be killed at any external call."""

    payments = Bundle("payments")
    requests = Bundle("requests")

    def __init__(self, stage: Callable[[], tuple[World, Ledger]]) -> None:
        super().__init__()
        self.stage = stage
        self.model: dict[str, ModelPayment] = {}
        self.sent = 0

    @initialize()
    def begin(self) -> None:
        self.world, self.ledger = self.stage()
        assert isinstance(self.world.gateway, RecordingGateway)
        self.gateway = self.world.gateway

    @property
    def now(self) -> int:
        return epoch(self.world.time())

    def send(self, event: Any, kill: int | None = None) -> dict[str, Any]:
        """Returns the answer; a request whose process was killed is repeated after its lease."""
        if kill is not None:
            fate = Fate(kill)
            doomed = World(
                store=cast(Any, Fatal(self.world.store, fate)),
                gateway=cast(Any, Fatal(self.gateway, fate)),
                time=self.world.time,
                index=self.world.lists,
            )
            try:
                return doomed.send(event)
            except Killed:
                self.world.time.forward(LEASE)
        return self.world.send(event)

    def key(self) -> str:
        self.sent += 1
        return f"key {self.sent}"

    @precondition(lambda self: len(self.model) < MOST)
    @rule(
        target=payments,
        merchant=st.sampled_from(MERCHANTS),
        amount=AMOUNTS,
        method=TRIED,
        manual=st.sampled_from([True, True, False]),
        kill=KILLS,
    )
    def create(self, merchant: str, amount: int, method: str, manual: bool, kill: int | None) -> str:
        body = {
            "amount": amount,
            "currency": "EUR",
            "payment_method": method,
            "capture_method": "manual" if manual else "automatic",
        }
        answer = self.send(post(body, self.key(), merchant=merchant), kill)
        believed = ModelPayment(merchant, amount, method, manual)
        assert answer["statusCode"] == believed.create(self.now), answer["body"]
        payment: str = answer["json"]["payment" if answer["statusCode"] == 402 else "id"]
        assert payment not in self.model
        self.model[payment] = believed
        return payment

    def follow_up(
        self, verb: str, payment: str, body: Any, kill: int | None, foresee: Callable[[ModelPayment], int]
    ) -> Any:
        """Sends the request and returns it if it has a stored answer that can be replayed."""
        believed, key = self.model[payment], self.key()
        event = post_to(verb, payment, body, key, merchant=believed.merchant)
        answer = self.send(event, kill)
        assert answer["statusCode"] == foresee(believed), answer["body"]
        return [(event, answer, self.now)] if answer["statusCode"] < 300 else []

    @rule(target=requests, payment=payments, amount=PARTS, final=st.booleans(), kill=KILLS)
    def capture(self, payment: str, amount: int | None, final: bool, kill: int | None) -> Any:
        body = {"final": final} | ({} if amount is None else {"amount": amount})
        return multiple(
            *self.follow_up("capture", payment, body, kill, lambda it: it.capture(amount, final, self.now))
        )

    @rule(target=requests, payment=payments, kill=KILLS)
    def cancel(self, payment: str, kill: int | None) -> Any:
        return multiple(*self.follow_up("cancel", payment, None, kill, ModelPayment.cancel))

    @rule(target=requests, payment=payments, amount=PARTS, kill=KILLS)
    def refund(self, payment: str, amount: int | None, kill: int | None) -> Any:
        body = None if amount is None else {"amount": amount}
        return multiple(*self.follow_up("refunds", payment, body, kill, lambda it: it.refund(amount)))

    @rule(request=requests)
    def a_repetition_is_answered_byte_for_byte(self, request: Any) -> None:
        event, first, moment = request
        if self.now < moment + DAY:
            again = self.world.send(event)
            assert (again["statusCode"], again["body"]) == (first["statusCode"], first["body"])
            assert again["headers"]["Idempotent-Replayed"] == "true"

    @rule(request=consumes(requests))
    def a_key_with_another_body_is_refused(self, request: Any) -> None:
        event, _, moment = request
        if self.now < moment + DAY:
            assert self.world.send(event | {"body": '{"amount":5999}'})["statusCode"] in (400, 422)

    @rule(payment=payments, verb=st.sampled_from(["capture", "cancel", "refunds"]))
    def a_payment_of_another_merchant_is_unknown(self, payment: str, verb: str) -> None:
        [other] = set(MERCHANTS) - {self.model[payment].merchant}
        for event in (get(payment, merchant=other), post_to(verb, payment, None, self.key(), merchant=other)):
            assert self.world.send(event)["statusCode"] == 404

    @rule(days=st.sampled_from([0, 0, 0, 7]))
    def time_passes_and_the_sweeper_comes(self, days: int) -> None:
        self.world.time.forward(days * DAY + LEASE + 120)
        lists = self.world.lists
        assert isinstance(lists, MemoryStore | Index)
        for payment in lists.due(self.now, 1000):
            self.world.settle(payment)
        for believed in self.model.values():
            believed.expire(self.now)
            believed.settle(self.now)

    @invariant()
    def every_payment_is_what_the_model_says(self) -> None:
        for merchant in MERCHANTS:
            mine = {id: it for id, it in self.model.items() if it.merchant == merchant}
            answer = self.world.send(listed("/v1/payments", merchant=merchant, limit=100))["json"]
            assert not answer["has_more"]
            assert {it["id"] for it in answer["data"]} == set(mine)
            for it in answer["data"]:
                shown = mine[it["id"]].shown
                assert {name: it[name] for name in shown} == shown

    @invariant()
    def the_ledger_says_the_same_as_the_payments(self) -> None:
        for id, believed in self.model.items():
            totals = dict.fromkeys(Account, 0)
            authorized = 0
            for postings in self.ledger(id):
                assert sum(posting["amount"] for posting in postings) == 0
                for posting in postings:
                    totals[Account(posting["account"])] += posting["amount"]
                    reserved = posting["account"] == Account.AUTHORIZED and posting["amount"] > 0
                    authorized += posting["amount"] if reserved else 0
            assert totals == {
                Account.AUTHORIZED: believed.capturable,
                Account.RESERVED: -believed.capturable,
                Account.RECEIVABLE: believed.captured - believed.refunded,
                Account.BALANCE: believed.refunded - believed.captured,
            }
            assert authorized == believed.captured + believed.voided + believed.capturable
            assert authorized in (0, believed.amount)
            assert believed.refunded <= believed.captured

    @invariant()
    def the_gateway_has_moved_exactly_the_money_of_the_ledger(self) -> None:
        at_once = sum(it.amount for it in self.model.values() if it.captured and not it.manual)
        captured = sum(it.captured for it in self.model.values())
        assert self.gateway.moved("capture") + at_once == captured
        assert self.gateway.moved("refund") == sum(it.refunded for it in self.model.values())

    @invariant()
    def every_payment_has_its_refunds_and_its_events_in_one_unbroken_line(self) -> None:
        for id, believed in self.model.items():
            refunds = self.world.send(
                listed(
                    "/v1/payments/{id}/refunds",
                    path_values={"id": id},
                    merchant=believed.merchant,
                    limit=100,
                )
            )["json"]["data"]
            assert [it["amount"] for it in refunds] == believed.refunds[::-1]
            events = self.world.send(listed("/v1/events", merchant=believed.merchant, payment=id, limit=100))[
                "json"
            ]["data"]
            assert [it["sequence"] for it in events] == list(range(len(events), 0, -1))
            assert {payment_and_sequence(it["id"]) for it in events} == {
                (id, it["sequence"]) for it in events
            }
            shown = believed.shown
            assert {name: events[0]["data"][name] for name in shown} == shown


def in_memory() -> tuple[World, Ledger]:
    store = MemoryStore()

    def ledger(payment: str) -> list[Postings]:
        return [
            [{"account": posting.account, "amount": posting.amount} for posting in entry.postings]
            for entry in store.entries
            if entry.payment == payment
        ]

    return World(store=store), ledger


def test_over_the_store_in_memory_every_sequence_ends_as_the_model_says() -> None:
    run_state_machine_as_test(
        lambda: Payments(in_memory),  # type: ignore[arg-type]  # a function too, says its docstring
        settings=settings(
            max_examples=60, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow]
        ),
    )


@pytest.mark.integration
def test_over_the_real_table_every_sequence_ends_as_the_model_says(
    dynamodb: Any, new_table: Callable[[], str]
) -> None:
    def in_a_table() -> tuple[World, Ledger]:
        name = new_table()

        def ledger(payment: str) -> list[Postings]:
            found = dynamodb.query(
                TableName=name,
                KeyConditionExpression="pk = :place AND begins_with(sk, :kind)",
                ExpressionAttributeValues=to_item({":place": collection(payment), ":kind": "LEDGER#"}),
                ConsistentRead=True,
            )["Items"]
            return [from_item(item)["postings"] for item in found]

        return World(store=Table(dynamodb, name), index=Index(dynamodb, name)), ledger

    run_state_machine_as_test(
        lambda: Payments(in_a_table),  # type: ignore[arg-type]  # a function too, says its docstring
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
