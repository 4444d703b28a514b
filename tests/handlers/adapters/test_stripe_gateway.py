"""Payments over Stripe's SDK and a stateful Stripe on this machine: one charge, whatever request is lost."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from payments.adapters.gateways import gateway, statement
from payments.adapters.stripe_gateway import StripeGateway, from_environment
from payments.adapters.stripe_transport import Transport
from payments.payment import Declined, Done, Unknown
from payments.ports import Busy, Movement, Order
from tests.handlers.adapters.stripe_edge import AFTER, BEFORE, HANG, PASSES, Edge, stripe_on_this_machine
from tests.handlers.scripted import Scripted
from tests.handlers.support import BODY, Time, World

VISA, FAILS = "pm_card_visa", "pm_card_chargeCustomerFail"
CREATE, CONFIRM, CAPTURE, CANCEL, REFUNDS = "/payment_intents", "/confirm", "/capture", "/cancel", "/refunds"


@pytest.fixture(scope="module")
def machine() -> Iterator[Edge]:
    with stripe_on_this_machine() as edge:
        yield edge


@pytest.fixture
def edge(machine: Edge) -> Edge:
    machine.forward("DELETE", "/_config/data", b"")
    machine.faults.clear()
    machine.answered.clear()
    return machine


def adapter(url: str) -> StripeGateway:
    transport = Transport(read=0.5)
    return StripeGateway(
        stripe.StripeClient(
            "sk_test_x", base_addresses={"api": url}, http_client=transport, max_network_retries=0
        )
    )


@pytest.fixture
def world(edge: Edge) -> World:
    return World(gateway=adapter(edge.url), time=Time(datetime.now(UTC)))


def create(world: World, method: str = VISA, **body: Any) -> dict[str, Any]:
    return world.create(BODY | {"payment_method": method} | body)


def settle(world: World, payment: str) -> None:
    world.time.forward(60)
    world.settle(payment)


integration = pytest.mark.integration


@integration
@pytest.mark.parametrize(("capture", "status"), [("automatic", "succeeded"), ("manual", "requires_capture")])
def test_a_payment_is_made_once_however_often_it_is_asked_for(
    world: World, edge: Edge, capture: str, status: str
) -> None:
    first = create(world, capture_method=capture)
    assert (first["statusCode"], first["json"]["status"]) == (201, status)
    assert create(world, capture_method=capture)["body"] == first["body"]
    [intent] = edge.all("payment_intents")
    assert (intent["status"], intent["amount"], intent["currency"]) == (status, 1250, "eur")
    assert intent["metadata"] == {"payment": first["json"]["id"]}


@integration
def test_a_declined_payment_failed_and_took_nothing(world: World, edge: Edge) -> None:
    answer = create(world, FAILS)
    assert (answer["statusCode"], answer["json"]["decline_code"]) == (402, "card_declined")
    assert world.get(answer["json"]["payment"])["json"]["status"] == "failed"
    assert edge.all("balance_transactions") == []


@integration
def test_a_payer_who_must_act_is_waited_for_and_the_payment_can_be_canceled(world: World, edge: Edge) -> None:
    card = {"card[number]": "4000000000003220", "card[exp_month]": "12", "card[exp_year]": "2030"}
    method = edge.ask("POST", "/v1/payment_methods", type="card", **card, **{"card[cvc]": "123"})["id"]
    payment = create(world, method)["json"]
    assert payment["status"] == "requires_action"
    assert world.do("cancel", payment["id"])["json"]["status"] == "canceled"
    assert [intent["status"] for intent in edge.all("payment_intents")] == ["canceled"]


@integration
@pytest.mark.parametrize(
    ("path", "fault", "status", "charges"),
    [
        # The intent moves no money: without it nothing is unknown, the caller may repeat.
        (CREATE, BEFORE, None, 0),
        (CREATE, AFTER, None, 0),
        (CREATE, HANG, None, 0),
        (CREATE, 500, None, 0),
        (CREATE, 429, None, 0),
        # The confirmation does.
        (CONFIRM, BEFORE, "failed", 0),
        (CONFIRM, AFTER, "succeeded", 1),
        (CONFIRM, HANG, "succeeded", 1),
        (CONFIRM, 500, "failed", 0),
        (CONFIRM, 409, "failed", 0),
        (CONFIRM, 429, None, 0),
    ],
)
def test_whatever_is_lost_a_payment_ends_as_stripe_knows_and_is_charged_at_most_once(
    world: World, edge: Edge, path: str, fault: str | int, status: str | None, charges: int
) -> None:
    edge.faults[path] = [fault]
    answer = create(world)
    if status is None:
        assert (answer["statusCode"], answer["json"]["code"]) == (429, "rate_limited")
        assert create(world)["json"]["status"] == "succeeded"
        assert len(edge.all("balance_transactions")) == 1
        return
    assert answer["json"]["status"] == "processing"
    assert create(world)["body"] == answer["body"]
    settle(world, answer["json"]["id"])
    assert world.get(answer["json"]["id"])["json"]["status"] == status
    assert len(edge.all("balance_transactions")) == charges


@integration
def test_a_lost_confirmation_that_was_declined_is_found_declined(world: World, edge: Edge) -> None:
    edge.faults[CONFIRM] = [AFTER]
    payment = create(world, FAILS)["json"]["id"]
    settle(world, payment)
    found = world.get(payment)["json"]
    assert (found["status"], found["last_error"]["decline_code"]) == ("failed", "card_declined")


@integration
def test_a_confirmation_that_arrives_after_the_settlement_charges_nothing(world: World, edge: Edge) -> None:
    edge.faults[CONFIRM] = [BEFORE]
    payment = create(world)["json"]["id"]
    settle(world, payment)
    [intent] = edge.all("payment_intents")
    assert intent["status"] == "canceled"
    assert edge.forward("POST", f"/v1/payment_intents/{intent['id']}/confirm", b"")[0] == 400
    assert edge.all("balance_transactions") == []
    assert world.get(payment)["json"]["status"] == "failed"


@integration
def test_while_stripe_does_not_answer_the_settlement_waits(world: World, edge: Edge) -> None:
    edge.faults[CONFIRM] = [AFTER]
    payment = create(world)["json"]["id"]
    [intent] = edge.all("payment_intents")
    for path, faults in ((CREATE, [BEFORE]), (intent["id"], [500])):
        edge.faults[path] = list(faults)
        world.time.forward(3600)
        world.settle(payment)
        assert world.get(payment)["json"]["status"] == "processing"
    world.time.forward(3600)
    world.settle(payment)
    assert world.get(payment)["json"]["status"] == "succeeded"


@integration
def test_a_cancellation_that_is_lost_is_no_proof_that_nothing_was_charged(world: World, edge: Edge) -> None:
    edge.faults |= {CONFIRM: [BEFORE], CANCEL: [BEFORE]}
    payment = create(world)["json"]["id"]
    settle(world, payment)
    assert world.get(payment)["json"]["status"] == "processing"
    world.time.forward(3600)
    world.settle(payment)
    assert world.get(payment)["json"]["status"] == "failed"


@integration
def test_a_part_is_captured_the_rest_released_and_half_of_it_refunded(world: World, edge: Edge) -> None:
    payment = create(world, capture_method="manual")["json"]["id"]
    assert world.do("capture", payment, {"amount": 1000})["json"]["status"] == "succeeded"
    for key in ("one", "one", "two"):
        assert world.do("refunds", payment, {"amount": 250}, key)["json"]["status"] == "succeeded"
    made = [refund["amount"] for refund in edge.all("refunds") if refund["metadata"]]
    assert made == [250, 250]


@integration
@pytest.mark.parametrize("fault", [BEFORE, AFTER, 500, 429])
@pytest.mark.parametrize(
    ("verb", "path", "status"), [("capture", CAPTURE, "succeeded"), ("cancel", CANCEL, "canceled")]
)
def test_a_lost_follow_up_is_asked_again_and_done_once(
    world: World, edge: Edge, fault: str | int, verb: str, path: str, status: str
) -> None:
    payment = create(world, capture_method="manual")["json"]["id"]
    edge.faults[path] = [fault]
    answer = world.do(verb, payment)
    if fault == 429:
        assert answer["statusCode"] == 429
        assert answer["headers"]["Retry-After"] == "7"
        answer = world.do(verb, payment)
    settle(world, payment)
    assert world.get(payment)["json"]["status"] == status
    assert len(edge.all("balance_transactions")) == (verb == "capture")


@integration
@pytest.mark.parametrize("fault", [BEFORE, AFTER])
def test_a_lost_refund_is_given_once_also_when_stripe_has_forgotten_the_key(
    world: World, edge: Edge, fault: str
) -> None:
    payment = create(world)["json"]["id"]
    edge.faults[REFUNDS] = [PASSES, fault]  # of the look for it, and of the refund itself
    assert world.do("refunds", payment, {"amount": 300})["json"]["status"] == "pending"
    edge.answered.clear()
    settle(world, payment)
    assert world.get(payment)["json"]["amount_refunded"] == 300
    assert [refund["amount"] for refund in edge.all("refunds")] == [300]


@integration
def test_what_stripe_refuses_to_capture_stays_as_it_was(world: World, edge: Edge) -> None:
    payment = create(world, capture_method="manual")["json"]["id"]
    [intent] = edge.all("payment_intents")
    edge.ask("POST", f"/v1/payment_intents/{intent['id']}/capture")
    answer = world.do("capture", payment)
    assert (answer["statusCode"], answer["json"]["decline_code"]) == (402, "invalid_request")
    assert world.get(payment)["json"]["status"] == "requires_capture"


@integration
def test_what_stripe_settled_on_a_day_is_what_the_ledger_says(world: World, edge: Edge) -> None:
    payment = create(world)["json"]["id"]
    world.do("refunds", payment, {"amount": 300})
    found = list(adapter(edge.url).settled(f"{datetime.now(UTC):%Y-%m-%d}"))
    assert sorted((m.payment, m.kind, m.amount, m.currency) for m in found) == [
        (payment, "capture", 1250, "EUR"),
        (payment, "refund", 300, "EUR"),
    ]
    assert list(adapter(edge.url).settled("2020-01-01")) == []


def order(**changed: Any) -> Order:
    made = Order(idempotency_key="pay_a", amount=500, currency="EUR", payment_method=VISA, capture=True)
    return replace(made, **changed)


def movement(**changed: Any) -> Movement:
    made = Movement(idempotency_key="pay_a-2", charge="pi_a", amount=500, currency="EUR", final=True)
    return replace(made, **changed)


class Answers(stripe.HTTPClient):
    """Answers requests by script: a status and a body for each."""

    name = "script"

    def __init__(self, *answers: tuple[int, Any]) -> None:
        super().__init__()
        self.answers, self.sent = list(answers), list[str]()

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> Any:
        self.sent.append(f"{method} {url.partition('/v1/')[2]} {post_data or ''}".strip())
        status, body = self.answers.pop(0)
        return json.dumps(body), status, {}


def scripted(*answers: tuple[int, Any]) -> tuple[StripeGateway, Answers]:
    client = Answers(*answers)
    return StripeGateway(stripe.StripeClient("sk_test_x", http_client=client, max_network_retries=0)), client


def intent(**more: Any) -> dict[str, Any]:
    return {"id": "pi_a", "object": "payment_intent", "status": "requires_confirmation"} | more


def test_no_connection_is_no_question() -> None:
    nobody = adapter("http://127.0.0.1:9")
    assert nobody.charge(order()) == Busy(1)
    assert nobody.capture(movement()) == Busy(1)
    assert nobody.find(order()) == Busy(1)


def test_a_decline_says_why_in_the_gateways_words() -> None:
    error = {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
    }
    found, _ = scripted((200, intent()), (402, {"error": error}))
    assert found.charge(order()) == Declined("insufficient_funds", "Your card has insufficient funds.")


@pytest.mark.parametrize(
    ("currency", "amount", "sent"),
    [
        ("EUR", 500, 500),
        ("JPY", 500, 500),
        ("KWD", 1250, 1250),
        ("ISK", 5, 500),
        ("UGX", 5, 500),
        ("MGA", 500, 5),
    ],
)
def test_amounts_are_sent_in_the_minor_units_of_stripe(currency: str, amount: int, sent: int) -> None:
    found, client = scripted((200, intent()), (200, intent(status="succeeded")))
    found.charge(order(currency=currency, amount=amount))
    assert f"amount={sent}&currency={currency.lower()}" in client.sent[0]


@pytest.mark.parametrize(("currency", "amount"), [("MGA", 501), ("CLF", 5), ("UYW", 5)])
def test_an_amount_that_stripe_cannot_count_is_declined_and_not_sent(currency: str, amount: int) -> None:
    found, client = scripted()
    assert found.charge(order(currency=currency, amount=amount)) == Declined(
        "invalid_amount", "The gateway does not support this amount of this currency."
    )
    assert isinstance(found.refund(movement(currency=currency, amount=amount)), Declined)
    outcome = found.find(order(currency=currency, amount=amount))
    assert isinstance(outcome, Declined)
    assert outcome.decline_code == "invalid_amount"
    assert client.sent == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("processing", Unknown()), ("canceled", Declined("canceled", "The payment was declined."))],
)
def test_other_states_of_an_intent_have_their_outcomes(status: str, outcome: object) -> None:
    found, _ = scripted((200, intent()), (200, intent(status=status)))
    assert found.charge(order()) == outcome


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("succeeded", Done()),
        ("pending", Unknown()),
        ("failed", Declined("refund_failed", "The gateway could not refund the money.")),
    ],
)
def test_a_refund_is_done_when_stripe_says_so(status: str, result: object) -> None:
    none = {"object": "list", "data": [], "has_more": False, "url": "/v1/refunds"}
    refund = {"id": "re_a", "object": "refund", "status": status}
    found, client = scripted((200, none), (200, refund))
    assert found.refund(movement()) == result
    assert "metadata[payment]=pay_a&metadata[key]=pay_a-2" in client.sent[1]


def test_a_capture_that_is_not_the_last_keeps_the_rest() -> None:
    found, client = scripted((200, intent(status="requires_capture")))
    assert found.capture(movement(amount=100, final=False)) == Done()
    assert client.sent == ["post payment_intents/pi_a/capture amount_to_capture=100&final_capture=false"]


def test_a_key_that_is_at_work_elsewhere_is_an_unknown_outcome() -> None:
    error = {"type": "idempotency_error", "message": "no"}
    found, _ = scripted((409, {"error": error}), (400, {"error": error}))
    assert found.capture(movement()) == Unknown()
    with pytest.raises(stripe.IdempotencyError):  # the key of another request: an error of the caller
        found.capture(movement())


@pytest.mark.parametrize("status", [401, 403, 418])
def test_what_is_wrong_on_our_side_is_raised(status: int) -> None:
    found, _ = scripted((status, {"error": {"type": "invalid_request_error", "message": "no"}}))
    with pytest.raises(stripe.StripeError):
        found.charge(order())


def test_a_cancelled_intent_was_not_charged() -> None:
    found, _ = scripted((200, intent()), (200, intent(status="canceled")))
    assert found.find(order()) == Declined(
        "not_charged", "The gateway never received the charge: no money was taken."
    )


def test_transactions_of_other_kinds_are_no_movements() -> None:
    data = [{"id": "txn_a", "object": "balance_transaction", "type": "payout", "source": None}]
    found, _ = scripted((200, {"object": "list", "data": data, "has_more": False, "url": "/v1/b"}))
    assert list(found.settled("2026-03-01")) == []


def test_the_key_of_stripe_is_a_secret_that_is_read_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Scripted([{"SecretString": "sk_test_x"}] * 3)
    monkeypatch.setattr("payments.adapters.stripe_gateway.client", lambda service: secrets)
    variables = {"GATEWAY": "stripe", "STRIPE_SECRET_ID": "payments-dev/stripe"}
    assert isinstance(from_environment(variables), StripeGateway)
    assert isinstance(gateway(variables, None), StripeGateway)
    assert isinstance(getattr(statement(variables, None), "__self__", None), StripeGateway)
    assert secrets.calls[0] == ("get_secret_value", {"SecretId": "payments-dev/stripe"})
