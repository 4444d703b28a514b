"""Creating payments against a real table, and the other adapters against theirs."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authorizer.authorization import Authorizer
from payments.adapters.api_key_table import find_api_key
from payments.adapters.audit_bucket import write_once
from payments.adapters.clients import client
from payments.adapters.secret import current_pepper, find_secret, read_secret
from payments.adapters.table import Put, Table, from_item, write
from payments.audit import AuditObject
from payments.operations import ApiKeys
from payments.telemetry import Log
from tests.handlers.document import document, faults
from tests.handlers.scripted import cancelled
from tests.handlers.support import BODY, CARD, LEASE, Killed, RecordingGateway, World
from tests.handlers.test_crashes import METHODS, Fatal, Fate

pytestmark = pytest.mark.integration


def everything(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    """Returns all items, in the order of their keys."""
    found = [from_item(item) for item in dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]]
    return sorted(found, key=lambda item: (item["pk"], item["sk"]))


def end_state(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    """Returns all items without ids and times, which differ from run to run, and the number of writes."""
    differ = {
        "pk",
        "id",
        "payment",
        "created",
        "attempt",
        "lease_until",
        "expires_at",
        "charge",
        "pending",
        "due",
        "due_sk",
        "due_pk",
        "list_sk",
        "merchant_list_pk",
        "status_list_pk",
        "expires",
        "request_id",
        "version",
        "fingerprint",
        "data",
        "body",
    }
    items = everything(dynamodb, table)
    return [{name: value for name, value in item.items() if name not in differ} for item in items]


def test_64_concurrent_identical_creates_make_one_payment_one_charge_one_set_of_entries(
    dynamodb: Any, table_name: str
) -> None:
    gateway = RecordingGateway()
    world = World(store=Table(dynamodb, table_name), gateway=gateway)
    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(lambda _: world.create(), range(64)))
    created = [a for a in answers if a["statusCode"] == 201 and "Idempotent-Replayed" not in a["headers"]]
    assert len(created) == 1
    assert all(answer["statusCode"] == 409 or answer["body"] == created[0]["body"] for answer in answers)
    assert len(gateway.orders) == 1
    assert [item["sk"] for item in everything(dynamodb, table_name)] == [
        "IDEMPOTENCY",
        "EVENT#000001",
        "EVENT#000002",
        "LEDGER#000001",
        "LEDGER#000002",
        "PAYMENT",
    ]


def test_a_create_is_two_calls_a_repetition_one_a_get_one(dynamodb: Any, table_name: str) -> None:
    calls: list[str] = []
    dynamodb.meta.events.register(
        "before-send.dynamodb", lambda request, **_: calls.append(request.headers["X-Amz-Target"].decode())
    )
    world = World(store=Table(dynamodb, table_name))
    payment = world.create()["json"]["id"]
    assert [call.split(".")[1] for call in calls] == ["TransactWriteItems"] * 2
    world.create()
    world.get(payment)
    assert [call.split(".")[1] for call in calls[2:]] == ["TransactWriteItems", "GetItem"]


@pytest.mark.parametrize(
    ("method", "verb", "body"),
    [
        *((method, "create", None) for method in METHODS),
        ("pm_approved", "capture", {"amount": 500, "final": False}),
        ("pm_approved", "cancel", None),
        ("pm_approved", "refunds", {"amount": 500}),
    ],
)
def test_a_repetition_after_a_kill_at_any_call_ends_as_if_nothing_had_been(
    method: str, verb: str, body: Any, dynamodb: Any, table_name: str
) -> None:
    def request(world: World, payment: str, merchant: str) -> Any:
        if verb == "create":
            return world.create(BODY | {"payment_method": method}, merchant=merchant)["statusCode"]
        return world.do(verb, payment, body, merchant=merchant)["statusCode"]

    def prepared(merchant: str) -> str:
        if verb == "create":
            return ""
        body = BODY | {"capture_method": "automatic" if verb == "refunds" else "manual"}
        return str(peaceful.create(body, "before", merchant=merchant)["json"]["id"])

    peaceful = World(store=Table(dynamodb, table_name))
    wanted = request(peaceful, prepared("peace"), "peace")
    expected = end_state(dynamodb, table_name)
    for at in range(1, 7 if verb == "create" else 9):
        merchant, fate, gateway = f"war-{at}", Fate(at), RecordingGateway()
        payment = prepared(merchant)
        world = World(store=Table(Fatal(dynamodb, fate), table_name), gateway=Fatal(gateway, fate))
        with pytest.raises(Killed):
            request(world, payment, merchant)
        world.time.forward(LEASE)
        assert request(world, payment, merchant) == wanted
        assert len(gateway.charges) == (verb == "create" and method == "pm_approved")
        war = [item for item in end_state(dynamodb, table_name) if item["merchant"] == merchant]
        assert [item | {"merchant": "peace", "digest": ""} for item in war] == [
            item | ({"digest": ""}) for item in expected
        ]


def test_a_write_whose_answer_was_lost_is_done_once(dynamodb: Any, table_name: str) -> None:
    class LosesTheAnswer:
        lost = False

        def transact_write_items(self, **arguments: Any) -> Any:
            answer = dynamodb.transact_write_items(**arguments)
            if not self.lost:
                self.lost = True
                raise cancelled("TransactionConflict")
            return answer

    put = Put({"pk": "a", "sk": "a"}, "attribute_not_exists(#pk)")
    assert write(LosesTheAnswer(), table_name, "token", [put], sleep=lambda _: None) is None
    assert write(dynamodb, table_name, "other-token", [put]) == {"pk": "a", "sk": "a"}


def test_every_event_in_the_table_is_what_the_document_says(dynamodb: Any, table_name: str) -> None:
    world = World(store=Table(dynamodb, table_name))
    for method in METHODS:
        world.create(BODY | {"payment_method": method}, method)
    events = [item for item in everything(dynamodb, table_name) if item["entity"] == "event"]
    assert len(events) == 2 * len(METHODS) - 1
    for event in events:
        event["data"] = json.loads(event["data"])
        bare = {
            name: value
            for name, value in event.items()
            if name not in ("pk", "sk", "entity", "merchant_list_pk", "list_sk")
        }
        assert list(faults(document()["components"]["schemas"]["Event"], bare)) == []
        assert event["data"]["id"] == event["payment"]


def test_a_refused_card_number_is_nowhere_in_the_table(dynamodb: Any, table_name: str) -> None:
    world = World(store=Table(dynamodb, table_name))
    assert world.create(BODY | {"metadata": {"note": CARD}})["statusCode"] == 400
    assert everything(dynamodb, table_name) == []


def test_an_issued_key_opens_the_door_until_it_is_revoked(dynamodb: Any, table_name: str) -> None:
    secrets = client("secretsmanager")
    secret = secrets.create_secret(Name=f"{table_name}/pepper", SecretString="pepper")["ARN"]
    keys = ApiKeys(environment="dev", dynamodb=dynamodb, table=table_name, secrets=secrets, pepper=secret)
    credential, key = keys.issue("acme", datetime.now(UTC))
    secrets.put_secret_value(SecretId=secret, SecretString="another")  # a rotation
    _, later = keys.issue("globex", datetime.now(UTC) + timedelta(seconds=1))
    assert list(keys.list()) == [key, later]
    assert key.pepper != later.pepper
    authorizer = Authorizer(
        environment="dev",
        usage_key="counted",
        find=lambda key_id: find_api_key(dynamodb, table_name, key_id),
        pepper=lambda version: read_secret(secrets, secret, version),
        log=Log("ERROR"),
    )
    event = {
        "authorizationToken": f"Bearer {credential}",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc/dev/GET/v1/payments",
    }
    assert authorizer(event, None)["context"]["merchant"] == "acme"
    assert keys.revoke(key.key_id) == keys.revoke(key.key_id) == replace(key, revoked=True)
    with pytest.raises(Exception, match="Unauthorized"):
        authorizer(event, None)
    assert [listed.revoked for listed in keys.list()] == [True, False]
    assert keys.revoke("AbcdefGhijkl") is None


def test_a_version_of_a_secret_is_found_by_its_name_and_no_other_is(aws: None, table_name: str) -> None:
    secrets = client("secretsmanager")
    secret = secrets.create_secret(Name=f"{table_name}/pepper", SecretString="pepper")["ARN"]
    pepper = current_pepper(secrets, secret)
    assert pepper.value == find_secret(secrets, secret, pepper.version) == "pepper"
    assert find_secret(secrets, secret, pepper.version[::-1]) is None


def test_of_many_writers_of_one_event_one_writes_and_none_fails(aws: None, table_name: str) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=table_name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    audit = AuditObject("evt_a", "pay_a", "events/date=2026-03-01/evt_a.json", '{"id":"é"}\n')
    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(lambda _: write_once(s3, table_name, audit), range(8)))
    assert sorted(written) == [False] * 7 + [True]
    assert s3.get_object(Bucket=table_name, Key=audit.key)["Body"].read() == audit.line.encode()
