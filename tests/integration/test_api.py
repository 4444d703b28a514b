"""The API as it is deployed: its document, who may call it, and what must never be kept."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from ops.checkout import ROOT
from ops.http import Answer, request
from tests.integration.conftest import Clone

pytestmark = pytest.mark.integration

CARD = "5555555555554444"
GROUPED = "5555 5555 5555 4444"
BODY = {"amount": 1250, "currency": "EUR", "payment_method": "pm_approved"}
TABLE, PEPPER = "payments-dev", "payments-dev/pepper"


@pytest.fixture(scope="module")
def up(clone: Clone) -> dict[str, Any]:
    """What `payctl up --json` says."""
    result: dict[str, Any] = json.loads(clone.run("up", "--json").stdout)
    return result


def call(
    up: dict[str, Any],
    method: str,
    path: str,
    body: object = None,
    *,
    key: str | None = None,
    credential: str | None = None,
    **headers: str,
) -> Answer:
    """A request with the merchant's credential, or another one."""
    headers["Authorization"] = f"Bearer {credential or up['api_key']}"
    if key:
        headers["Idempotency-Key"] = key
    return request(method, up["url"] + path, headers=headers, body=body)


def issue(clone: Clone, *words: str) -> tuple[str, str]:
    """A credential and the id of its key."""
    made = json.loads(clone.run("keys", "create", "dev", "--local", "--json", *words).stdout)
    return made["api_key"], made["key_id"]


# The document


def test_no_request_that_the_document_allows_or_forbids_is_answered_as_it_does_not_say(
    up: dict[str, Any], tmp_path: Any
) -> None:
    """Not asked: 405, which API Gateway does not know, and that what fits the schema is accepted.

    A cursor, a key or an amount that fits may still be wrong at this moment.
    """
    tried = subprocess.run(
        [
            str(ROOT / ".venv" / "bin" / "schemathesis"),
            "run",
            str(ROOT / "handlers" / "openapi.json"),
            f"--url={up['url']}",
            "--header",
            f"Authorization: Bearer {up['api_key']}",
            "--exclude-checks=unsupported_method,positive_data_acceptance",
            "--max-examples=15",
            "--seed=1",
            "--no-color",
        ],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr


# Who may call


def test_a_rotation_of_the_pepper_refuses_nobody(clone: Clone, up: dict[str, Any]) -> None:
    secrets = clone.client("secretsmanager")
    for key in ("one", "two"):
        assert call(up, "POST", "/v1/payments", BODY, key=key).status == 201
    cursor = call(up, "GET", "/v1/payments?limit=1").json()["next_cursor"]
    before = secrets.get_secret_value(SecretId=PEPPER)["VersionId"]
    secrets.rotate_secret(SecretId=PEPPER)
    deadline = time.monotonic() + 60
    while secrets.get_secret_value(SecretId=PEPPER)["VersionId"] == before:
        assert time.monotonic() < deadline, "The pepper was not rotated."
        time.sleep(0.5)
    later, _ = issue(clone, "--merchant", "demo")
    for good in (up["api_key"], later):
        assert call(up, "GET", "/v1/payments", credential=good).status == 200
        assert call(up, "GET", f"/v1/payments?limit=1&cursor={cursor}", credential=good).status == 200
    for key in (up["api_key"], later):
        wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
        assert call(up, "GET", "/v1/payments", credential=wrong).status == 401
    listed = json.loads(clone.run("keys", "list", "dev", "--local", "--json").stdout)["keys"]
    assert len({it["pepper_version"] for it in listed if it["merchant"] == "demo"}) == 2


def test_a_key_without_the_scope_is_told_which_one_it_lacks(clone: Clone, up: dict[str, Any]) -> None:
    reader, _ = issue(clone, "--merchant", "demo", "--scope", "payments:read")
    assert call(up, "GET", "/v1/payments", credential=reader).status == 200
    refused = call(up, "POST", "/v1/payments", BODY, key="reader", credential=reader)
    assert (refused.status, refused.json()["code"]) == (403, "forbidden")
    assert refused.json()["detail"] == "The key lacks the scope payments:write."


def test_what_belongs_to_another_merchant_is_unknown(clone: Clone, up: dict[str, Any]) -> None:
    stranger, _ = issue(clone, "--merchant", "stranger")
    payment = up["payment"]["id"]
    [event, *_] = call(up, "GET", f"/v1/events?payment={payment}").json()["data"]
    for method, path in (
        ("GET", f"/v1/payments/{payment}"),
        ("GET", f"/v1/payments/{payment}/refunds"),
        ("GET", f"/v1/events/{event['id']}"),
        ("POST", f"/v1/payments/{payment}/capture"),
        ("POST", f"/v1/payments/{payment}/cancel"),
        ("POST", f"/v1/payments/{payment}/refunds"),
    ):
        answer = call(up, method, path, key="theirs" if method == "POST" else None, credential=stranger)
        assert (answer.status, answer.json()["code"]) == (404, "not_found"), path
    for path in ("/v1/payments", "/v1/events", f"/v1/events?payment={payment}"):
        assert call(up, "GET", path, credential=stranger).json()["data"] == []


def test_a_revoked_key_is_refused_once_the_cache_has_forgotten_it(clone: Clone, up: dict[str, Any]) -> None:
    credential, key_id = issue(clone, "--merchant", "demo")
    assert call(up, "GET", "/v1/payments", credential=credential).status == 200
    revocation = json.loads(clone.run("keys", "revoke", "dev", key_id, "--local", "--json").stdout)
    assert revocation["revoked"] is True
    deadline = time.monotonic() + revocation["cached_seconds"] + 10
    while call(up, "GET", "/v1/payments", credential=credential).status != 401:
        assert time.monotonic() < deadline, "The key outlived the authorizer's cache."
        time.sleep(5)


# Once


def test_identical_requests_at_once_are_one_payment(clone: Clone, up: dict[str, Any]) -> None:
    """As many as this machine starts functions for in time; tests/handlers has 64 at the table itself."""
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: call(up, "POST", "/v1/payments", BODY, key="stampede"), range(8))
        )
    done = [it for it in answers if it.status == 201]
    assert len([it for it in done if "idempotent-replayed" not in it.headers]) == 1
    assert {it.status for it in answers} <= {201, 409}
    [text] = {it.text for it in done}
    items = clone.client("dynamodb").query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"PAYMENT#{json.loads(text)['id']}"}},
    )["Items"]
    assert sorted(item["sk"]["S"].partition("#")[0] for item in items) == [
        "EVENT",
        "EVENT",
        "LEDGER",
        "LEDGER",
        "PAYMENT",
    ]


# Card numbers


def poisoned(document: dict[str, Any]) -> Iterator[tuple[str, str, object, dict[str, str]]]:
    """Requests with a card number in each place of each route: path, query, headers, and every field."""
    for path, item in document["paths"].items():
        for method in (name.upper() for name in item):
            # An id of nothing: what would be done is not what is tried here.
            clean = path.replace("{id}", "x")
            body: object = {} if method == "POST" else None
            yield method, f"{clean}?limit={CARD}", body, {"key": f"q {path}"}
            yield method, f"{clean}?{CARD}=1", body, {"key": f"n {path}"}
            yield method, clean, body, {"key": f"h {path}", "X-Note": f"card {GROUPED}"}
            yield method, clean, body, {"key": f"u {path}", "User-Agent": CARD}
            if "{id}" in path:
                yield method, path.replace("{id}", quote(CARD)), body, {"key": f"p {path}"}
            if method == "POST":
                yield method, clean, {}, {"key": CARD}
                schema = item["post"].get("requestBody", {}).get("content", {}).get("application/json", {})
                for place, wrong in enumerate(bodies(document, schema.get("schema", {}))):
                    yield method, clean, wrong, {"key": f"b{place} {path}"}


def bodies(document: dict[str, Any], schema: Any) -> Iterator[object]:
    """A card number as the value of each field, as a number, as a key, and deep inside."""
    name = schema.get("$ref", "").rpartition("/")[2]
    fields = document["components"]["schemas"].get(name, {}).get("properties", {})
    for field in [*fields, "unknown"]:
        yield {field: CARD}
        yield {field: int(CARD)}
        yield {field: {"deep": [{"deeper": f"x{CARD}y"}]}}
    yield {CARD: "1"}
    yield {"metadata": {CARD: "1"}}
    yield {"metadata": {"note": f"{GROUPED} 12/30 123"}}


def test_a_card_number_anywhere_is_refused_and_kept_nowhere(clone: Clone, up: dict[str, Any]) -> None:
    document = json.loads((ROOT / "handlers" / "openapi.json").read_text())
    tried = list(poisoned(document))
    assert len(tried) > 90
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda it: call(up, *it[:3], **it[3]), tried))
    for (method, path, *rest), answer in zip(tried, answers, strict=True):
        assert answer.status == 400, f"{method} {path} {rest}: {answer.text}"
        assert answer.json()["code"] == "card_number", f"{method} {path} {rest}: {answer.text}"
        assert CARD not in answer.text
    assert call(up, "GET", "/v1/payments", credential=CARD).status == 401
    found = list(everything(clone))
    assert [where for where, text in found if CARD in text or GROUPED in text] == []
    assert any("answered" in text for where, text in found if "payment-processor" in where)


def everything(clone: Clone) -> Iterator[tuple[str, str]]:
    """Whatever local AWS keeps: each table, queue, bucket and log group, as text."""
    dynamodb, sqs, s3 = (clone.client(name) for name in ("dynamodb", "sqs", "s3"))
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            yield table, json.dumps(page["Items"], default=str)
    for url in sqs.list_queues()["QueueUrls"]:
        found = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            VisibilityTimeout=0,
            WaitTimeSeconds=0,  # the queues' own wait is 20 s, also when they are empty
        )
        yield url, json.dumps(found.get("Messages", []), default=str)
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for entry in page.get("Contents", []):
                content = s3.get_object(Bucket=bucket["Name"], Key=entry["Key"])["Body"].read()
                yield f"{bucket['Name']}/{entry['Key']}", content.decode(errors="replace")
    for group in clone.client("logs").describe_log_groups()["logGroups"]:
        for line in log_lines(clone, group["logGroupName"]):
            yield group["logGroupName"], line


def log_lines(clone: Clone, group: str) -> Iterator[str]:
    """All of a log group."""
    pages = clone.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    for page in pages:
        yield from (event["message"] for event in page["events"])


# Measures


def test_the_processor_writes_its_metrics_and_no_payload(clone: Clone, up: dict[str, Any]) -> None:
    secret = "a word that nobody else says"
    body = {**BODY, "metadata": {"note": secret}}
    assert call(up, "POST", "/v1/payments", body, key=secret).status == 201
    lines = list(log_lines(clone, "/aws/lambda/payments-dev-payment-processor"))
    measured = [json.loads(line) for line in lines if '"_aws"' in line]
    assert {"Payments", "CapturedAmount", "GatewayLatency"} <= {
        metric["Name"] for it in measured for metric in it["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }
    assert not [line for line in lines if secret in line or up["api_key"] in line]
