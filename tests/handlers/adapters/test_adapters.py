"""The small adapters: simulator, API keys, secrets, audit bucket and clients."""

from dataclasses import asdict
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from payments.adapters.api_key_table import find_api_key
from payments.adapters.audit_bucket import write_once
from payments.adapters.clients import client
from payments.adapters.gateways import Simulator
from payments.adapters.secret import current_pepper, find_secret, read_secret
from payments.adapters.table import to_item
from payments.api.api_keys import SCOPES, ApiKey, Pepper
from payments.audit import AuditObject
from payments.payment import ActionRequired, Approved, Declined, Done, Unknown
from payments.ports import NOT_CHARGED, Busy, Movement, Order, Unavailable
from tests.handlers.scripted import Scripted, failure

AUDIT = AuditObject("evt_a", "pay_a", "events/date=2026-03-01/evt_a.json", '{"id":"é"}\n')


def order(token: str, key: str = "pay_a") -> Order:
    return Order(idempotency_key=key, amount=1250, currency="EUR", payment_method=token, capture=True)


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("pm_approved", Approved),
        ("pm_requires_action", ActionRequired),
        ("pm_declined", Declined),
        ("pm_insufficient_funds", Declined),
        ("pm_expired", Declined),
        ("pm_timeout_before", Unknown),
        ("pm_timeout_after", Unknown),
        ("pm_rate_limited", Busy),
        ("pm_of_someone_else", Declined),
        ("tok_of_someone_else", Declined),
    ],
)
def test_the_simulator_decides_by_the_token_and_never_changes_its_mind(token: str, kind: type) -> None:
    outcome = Simulator().charge(order(token))
    assert type(outcome) is kind
    assert outcome == Simulator().charge(order(token))


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("pm_approved", Approved),
        ("pm_requires_action", ActionRequired),
        ("pm_declined", Declined),
        ("pm_timeout_before", Declined),
        ("pm_timeout_after", Approved),
        ("pm_rate_limited", Declined),
    ],
)
def test_the_simulator_knows_afterwards_what_became_of_a_charge(token: str, kind: type) -> None:
    found = Simulator().find(order(token))
    assert type(found) is kind
    assert (found == NOT_CHARGED) == (token in ("pm_timeout_before", "pm_rate_limited"))


def test_the_simulator_moves_whatever_it_is_asked_to() -> None:
    movement = Movement(idempotency_key="a", charge="ch_a", amount=1, currency="EUR", final=True)
    simulator = Simulator()
    for move in (simulator.capture, simulator.cancel, simulator.refund):
        assert move(movement) == Done()


def test_each_decline_has_a_reason_of_its_own() -> None:
    tokens = ("pm_declined", "pm_insufficient_funds", "pm_expired", "pm_other")
    outcomes = [Simulator().charge(order(token)) for token in tokens]
    assert [outcome.decline_code for outcome in outcomes if isinstance(outcome, Declined)] == [
        "generic_decline",
        "insufficient_funds",
        "expired_card",
        "unknown_payment_method",
    ]


def test_one_key_is_one_charge_and_two_are_two() -> None:
    first, again, other = (Simulator().charge(order("pm_approved", key)) for key in ("a", "a", "b"))
    assert first == again != other


def test_an_api_key_is_read_with_consistency_so_that_a_revocation_counts_at_once() -> None:
    key = ApiKey(
        key_id="K",
        merchant="acme",
        scopes=SCOPES,
        salt="s",
        hash="h",
        pepper="v1",
        created="c",
        revoked=True,
    )
    item = {"pk": "API_KEY#K", "sk": "API_KEY", "entity": "api_key", **asdict(key)}
    table = Scripted([{"Item": to_item(item)}])
    assert find_api_key(table, "payments-dev", "K") == key
    assert table.calls == [
        (
            "get_item",
            {
                "TableName": "payments-dev",
                "Key": {"pk": {"S": "API_KEY#K"}, "sk": {"S": "API_KEY"}},
                "ConsistentRead": True,
            },
        )
    ]


def test_an_api_key_that_is_not_there_is_none() -> None:
    assert find_api_key(Scripted(), "payments-dev", "K") is None


def test_a_secret_is_the_whole_text_of_one_version() -> None:
    secrets = Scripted([{"SecretString": "pepper"}])
    assert read_secret(secrets, "payments-dev/pepper", "v1") == "pepper"
    assert secrets.calls == [("get_secret_value", {"SecretId": "payments-dev/pepper", "VersionId": "v1"})]


def test_the_current_version_of_a_secret_comes_with_its_name() -> None:
    secrets = Scripted([{"VersionId": "v2", "SecretString": "pepper"}])
    assert current_pepper(secrets, "payments-dev/pepper") == Pepper("v2", "pepper")


def test_only_a_version_that_is_not_there_is_none() -> None:
    secrets = Scripted([failure("ResourceNotFoundException"), failure("AccessDeniedException")])
    assert find_secret(secrets, "payments-dev/pepper", "v1") is None
    with pytest.raises(ClientError):
        find_secret(secrets, "payments-dev/pepper", "v1")


def test_a_secret_that_cannot_be_read_now_is_worth_another_try() -> None:
    for read in (current_pepper, partial(read_secret, version="v1")):
        with pytest.raises(Unavailable):
            read(Scripted([failure("InternalServiceError", 500)]), "payments-dev/pepper")


def test_an_audit_object_is_written_only_where_there_is_none() -> None:
    bucket = Scripted([{}, failure("PreconditionFailed", 412)])
    assert [write_once(bucket, "audit", AUDIT), write_once(bucket, "audit", AUDIT)] == [True, False]
    assert bucket.calls[0] == (
        "put_object",
        {
            "Bucket": "audit",
            "Key": AUDIT.key,
            "Body": '{"id":"é"}\n'.encode(),
            "ContentType": "application/x-ndjson",
            "IfNoneMatch": "*",
        },
    )


@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "AccessDenied", "SlowDown"])
def test_a_bucket_that_refuses_for_another_reason_is_an_error(code: str) -> None:
    with pytest.raises(ClientError):
        write_once(Scripted([failure(code, 409)]), "audit", AUDIT)


def test_a_client_gives_up_well_before_a_function_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config: Any = client("dynamodb").meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 5)
    assert config.retries["total_max_attempts"] == 3
