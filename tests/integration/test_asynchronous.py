"""What goes on after the answer, in a deployed environment: webhooks, dead letters, the ledger."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from ops.http import Answer, request
from tests.certificate import self_signed
from tests.integration.conftest import Clone, wait_for

pytestmark = pytest.mark.integration
AUDIT = "payments-dev-audit-000000000000"


@dataclass
class Receiver:
    """A merchant's server: what came, and the statuses that it answers with before it answers 204."""

    url: str = ""
    certificate: Path = Path()
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def of(self, payment: str, type: str) -> list[tuple[dict[str, str], bytes]]:
        """Requests about one event."""
        return [
            (headers, body)
            for headers, body in self.received
            if (json.loads(body)["payment"], json.loads(body)["type"]) == (payment, type)
        ]


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    made = Receiver()
    made.certificate, key = self_signed(tmp_path_factory.mktemp("receiver"), "localhost")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(made.statuses.pop(0) if made.statuses else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quietly."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        made.url = f"https://localhost:{server.server_address[1]}/hook"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def up(clone: Clone, receiver: Receiver) -> dict[str, Any]:
    """What `payctl up --json` says, with functions that may send to this machine."""
    env = {"WEBHOOKS_TO_LOOPBACK": str(receiver.certificate)}
    result: dict[str, Any] = json.loads(clone.run("up", "--json", env=env).stdout)
    return result


def post(up: dict[str, Any], path: str, key: str, body: Any = None) -> Answer:
    headers = {"Authorization": f"Bearer {up['api_key']}", "Idempotency-Key": key}
    return request("POST", up["url"] + path, headers=headers, body=body)


def get(up: dict[str, Any], path: str) -> Any:
    headers = {"Authorization": f"Bearer {up['api_key']}"}
    return request("GET", up["url"] + path, headers=headers).json()


def pay(up: dict[str, Any], key: str) -> str:
    body = {"amount": 1250, "currency": "EUR", "payment_method": "pm_approved"}
    return str(post(up, "/v1/payments", key, body).json()["id"])


@pytest.fixture(scope="module")
def endpoint(up: dict[str, Any], receiver: Receiver) -> dict[str, Any]:
    body = {"url": receiver.url, "events": ["*"]}
    answer = post(up, "/v1/webhook_endpoints", "endpoint", body)
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_payments_events_reach_the_merchant_signed(
    up: dict[str, Any], endpoint: dict[str, Any], receiver: Receiver
) -> None:
    payment = pay(up, "webhooks")
    for type in ("payment.created", "payment.succeeded"):
        found = wait_for(partial(receiver.of, payment, type), type)
        for headers, body in found:
            event = Webhook(endpoint["secret"]).verify(body, headers)
            assert event == get(up, f"/v1/events/{event['id']}")
        assert len({headers["webhook-id"] for headers, _ in found}) == 1


def test_a_delivery_that_fails_is_seen_and_one_that_is_sent_again_carries_the_same_id(
    clone: Clone, up: dict[str, Any], endpoint: dict[str, Any], receiver: Receiver
) -> None:
    payment = pay(up, "again")
    [(headers, _)] = wait_for(lambda: receiver.of(payment, "payment.succeeded"), "the first request")
    delivery = headers["webhook-id"]

    def listed(status: str) -> bool:
        page = get(up, f"/v1/webhook_deliveries?limit=100&status={status}")
        return delivery in [found["id"] for found in page["data"]]

    wait_for(lambda: listed("succeeded"), "the delivery that has succeeded")
    again = post(up, f"/v1/webhook_deliveries/{delivery}/redeliver", "redeliver")
    assert (again.status, again.json()["status"]) == (202, "pending")
    clone.client("lambda").invoke(FunctionName="payments-dev-sweeper:live", Payload=b"{}")
    found = wait_for(lambda: receiver.of(payment, "payment.succeeded")[1:], "the second request")
    assert {headers["webhook-id"] for headers, _ in found} == {delivery}
    assert Webhook(endpoint["secret"]).verify(found[0][1], found[0][0])["payment"] == payment


def test_a_receiver_that_answers_500_gets_it_again_later(
    clone: Clone, up: dict[str, Any], endpoint: dict[str, Any], receiver: Receiver
) -> None:
    receiver.statuses += [500] * 2
    payment = pay(up, "fails")
    wait_for(lambda: len(receiver.of(payment, "payment.succeeded")) >= 1, "the first attempt")

    def pending() -> list[dict[str, Any]]:
        found = get(up, "/v1/webhook_deliveries?limit=100&status=pending")["data"]
        return [d for d in found if d["response_status"] == 500]

    waiting = wait_for(pending, "the delivery that waits for its next attempt")
    assert all(delivery["next_attempt"] and delivery["attempts"] == 1 for delivery in waiting)


def test_an_endpoint_in_a_private_network_is_refused(up: dict[str, Any]) -> None:
    for url in ("https://169.254.169.254/latest/meta-data", "https://no-such-host.invalid/hook"):
        answer = post(up, "/v1/webhook_endpoints", url, {"url": url, "events": ["*"]})
        assert (answer.status, answer.json()["param"]) == (400, "url")


def test_messages_that_come_again_and_out_of_order_change_nothing(
    clone: Clone, up: dict[str, Any], endpoint: dict[str, Any], receiver: Receiver
) -> None:
    payment = pay(up, "twice")
    for type in ("payment.created", "payment.succeeded"):
        wait_for(partial(receiver.of, payment, type), type)
    s3, sqs = clone.client("s3"), clone.client("sqs")
    events = get(up, f"/v1/events?payment={payment}")["data"]

    def lines() -> dict[str, bytes]:
        prefix = f"events/date={events[0]['created'][:10]}/"
        listed = s3.list_objects_v2(Bucket=AUDIT, Prefix=prefix)["Contents"]
        keys = [entry["Key"] for entry in listed if any(event["id"] in entry["Key"] for event in events)]
        return {key: s3.get_object(Bucket=AUDIT, Key=key)["Body"].read() for key in keys}

    wait_for(lambda: len(lines()) == 2, "the audit lines")
    before, requests = lines(), len(receiver.received)
    urls = [
        sqs.get_queue_url(QueueName=f"payments-dev-{name}")["QueueUrl"]
        for name in ("payment-events", "webhooks")
    ]
    for event in [*events, *events[::-1]]:  # the newest first, and again
        body = json.dumps({"detail": event | {"data": json.dumps(event["data"])}})
        for url in urls:
            sqs.send_message(QueueUrl=url, MessageBody=body)

    def empty() -> bool:
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"] for url in urls]
        return not any(int(count) for one in found for count in one.values())

    wait_for(empty, "the queues to be empty")
    assert lines() == before
    again = receiver.received[requests:]
    assert [body for _, body in again if json.loads(body)["payment"] == payment] == []


def test_a_poison_message_ends_alone_among_the_dead_letters_and_is_sent_back(
    clone: Clone, up: dict[str, Any], endpoint: dict[str, Any], receiver: Receiver
) -> None:
    sqs = clone.client("sqs")
    url = sqs.get_queue_url(QueueName="payments-dev-webhooks")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(attributes["RedrivePolicy"]) | {"maxReceiveCount": 2}
    quick = {"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(redrive)}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=quick)
    poison = sqs.send_message(QueueUrl=url, MessageBody='{"detail": {"note": "not to be shown"}}')[
        "MessageId"
    ]
    payment = pay(up, "beside the poison")
    wait_for(lambda: receiver.of(payment, "payment.succeeded"), "the event beside the poison")

    def dead() -> list[dict[str, Any]]:
        process = clone.start("dlq", "list", "dev", "--local", "--json")
        out, _ = process.communicate()
        found: list[dict[str, Any]] = json.loads(out)["dead_letters"]
        return found

    [letter] = wait_for(dead, "the dead letter")
    assert (letter["queue"], letter["id"]) == ("webhooks", poison)
    assert "not to be shown" not in json.dumps(letter)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": attributes["VisibilityTimeout"]})
    done = clone.run("dlq", "redrive", "dev", "--local", "--json")
    assert json.loads(done.stdout) == {"environment": "dev", "redriven": 1, "left": 0}
    assert dead() == []


def test_the_ledger_balances_until_somebody_writes_past_the_handlers(
    clone: Clone, up: dict[str, Any]
) -> None:
    payment = pay(up, "ledger")
    verified = json.loads(clone.run("ledger", "verify", "dev", "--local", "--json").stdout)
    assert verified["payments"] >= 1
    assert verified["breaks"] == []
    key = {"pk": {"S": f"PAYMENT#{payment}"}, "sk": {"S": "LEDGER#000002"}}
    dynamodb = clone.client("dynamodb")
    entry = dynamodb.get_item(TableName="payments-dev", Key=key)["Item"]
    dynamodb.delete_item(TableName="payments-dev", Key=key)
    broken = json.loads(clone.run("ledger", "verify", "dev", "--local", "--json", code=2).stdout)
    assert {found["payment"] for found in broken["breaks"]} == {payment}
    dynamodb.put_item(TableName="payments-dev", Item=entry)
    assert "0 breaks" in clone.run("ledger", "verify", "dev", "--local").stdout


def test_everything_that_is_scheduled_is_deployed_as_it_is_meant(clone: Clone, up: dict[str, Any]) -> None:
    schedule = clone.client("scheduler").get_schedule(GroupName="payments-dev", Name="payments-dev-reconcile")
    assert schedule["ScheduleExpression"] == "cron(0 6 * * ? *)"
    assert json.loads(schedule["Target"]["Input"])["scheduled"] == "<aws.scheduler.scheduled-time>"
