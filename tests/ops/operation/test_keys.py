from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import checkout
from ops.errors import Problem
from ops.operation import keys
from ops.target import Target


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


@pytest.fixture
def deployed(target: Target) -> Iterator[Target]:
    """As much of an environment as keys need: table and pepper."""
    dynamodb, secrets = target.client("dynamodb"), target.client("secretsmanager")
    dynamodb.create_table(
        TableName="payments-dev",
        KeySchema=_keys("pk", "sk"),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("pk", "sk", "merchant_list_pk", "list_sk")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_merchant",
                "KeySchema": _keys("merchant_list_pk", "list_sk"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    secrets.create_secret(Name="payments-dev/pepper", SecretString="pepper")
    yield target
    secrets.delete_secret(SecretId="payments-dev/pepper", ForceDeleteWithoutRecovery=True)
    dynamodb.delete_table(TableName="payments-dev")


@pytest.fixture(autouse=True)
def state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(checkout, "state_folder", lambda: tmp_path)
    return tmp_path


def test_a_key_is_stored_without_its_secret(deployed: Target) -> None:
    credential, _ = keys.issue(deployed, merchant="acme", scopes=["payments:read"])
    items = deployed.client("dynamodb").scan(TableName="payments-dev")["Items"]
    secret = credential.rpartition("_")[2]
    assert credential.startswith("sk_dev_")
    assert secret not in json.dumps(items)
    assert items[0]["merchant"] == {"S": "acme"}
    assert items[0]["scopes"] == {"L": [{"S": "payments:read"}]}


@pytest.mark.parametrize(("merchant", "scopes"), [("Not A Merchant", ()), ("acme", ("payments:everything",))])
def test_a_bad_merchant_or_scope_makes_no_key(
    deployed: Target, merchant: str, scopes: tuple[str, ...]
) -> None:
    with pytest.raises(Problem, match="No key was issued"):
        keys.issue(deployed, merchant=merchant, scopes=scopes)
    assert not deployed.client("dynamodb").scan(TableName="payments-dev")["Items"]


def test_an_environment_that_is_not_deployed_has_no_keys(target: Target) -> None:
    with pytest.raises(
        Problem, match="The keys of dev cannot be reached: GetSecretValue failed with"
    ) as problem:
        keys.issue(target, merchant="acme")
    assert problem.value.hint == "Is the environment deployed? ./payctl deploy dev --local"


def test_up_keeps_one_key_that_nobody_else_can_read(deployed: Target, state_folder: Path) -> None:
    first = keys.local_key(deployed, merchant="demo")
    assert keys.local_key(deployed, merchant="demo") == first
    [file] = state_folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys.forget_local_keys()
    assert keys.local_key(deployed, merchant="demo") != first


@pytest.fixture
def there(deployed: Target, monkeypatch: pytest.MonkeyPatch) -> Target:
    """The environment that every command finds."""
    monkeypatch.setattr(keys, "resolve_target", lambda name, local: deployed)
    return deployed


@pytest.mark.parametrize("as_json", [True, False])
def test_a_created_key_is_shown_once(
    there: Target, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    assert keys.create("dev", merchant="acme", scopes=(), local=True, as_json=as_json) == 0
    shown = capsys.readouterr().out
    credential = json.loads(shown)["api_key"] if as_json else shown.splitlines()[0]
    assert credential.startswith("sk_dev_")
    assert keys.show("dev", merchant=None, local=True, as_json=as_json) == 0
    assert credential.rpartition("_")[2] not in capsys.readouterr().out


def test_keys_are_listed_in_their_order_with_the_pepper_that_verifies_them(
    there: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    _, first = keys.issue(there, merchant="acme", scopes=["payments:read"])
    secrets = there.client("secretsmanager")
    version = secrets.put_secret_value(SecretId="payments-dev/pepper", SecretString="another")["VersionId"]
    _, second = keys.issue(there, merchant="globex")
    keys.revoke("dev", first.key_id, local=True, as_json=False)
    capsys.readouterr()
    keys.show("dev", merchant=None, local=True, as_json=False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["KEY", "MERCHANT", "STATE", "CREATED", "SCOPES", "PEPPER", "VERSION"],
        [first.key_id, "acme", "revoked", first.created, "payments:read", first.pepper],
        [second.key_id, "globex", "active", second.created, ",".join(second.scopes), version],
    ]
    keys.show("dev", merchant="globex", local=True, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "environment": "dev",
        "keys": [
            {
                "key_id": second.key_id,
                "merchant": "globex",
                "scopes": list(second.scopes),
                "pepper_version": version,
                "created": second.created,
                "revoked": False,
            }
        ],
    }


@pytest.mark.parametrize(("merchant", "sentence"), [(None, "There are no keys:"), ("x1", "no keys of x1:")])
def test_without_any_key_the_command_that_makes_one_is_told(
    there: Target, capsys: pytest.CaptureFixture[str], merchant: str | None, sentence: str
) -> None:
    assert keys.show("dev", merchant=merchant, local=True, as_json=False) == 0
    out = capsys.readouterr().out
    assert sentence in out
    assert "payctl keys create dev --local" in out


def test_a_revocation_says_when_it_counts_and_may_be_repeated(
    there: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    _, key = keys.issue(there, merchant="acme")
    for _ in range(2):
        assert keys.revoke("dev", key.key_id, local=True, as_json=False) == 0
        assert "caches an authorization for 60 seconds" in capsys.readouterr().out
    keys.revoke("dev", key.key_id, local=True, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["key_id"], printed["revoked"], printed["cached_seconds"]) == (key.key_id, True, 60)


def test_a_key_that_is_not_there_is_not_revoked(there: Target) -> None:
    with pytest.raises(Problem, match="There is no key AbcdefGhijkl in dev"):
        keys.revoke("dev", "AbcdefGhijkl", local=True, as_json=False)


def test_a_whole_credential_is_refused_and_not_repeated(there: Target) -> None:
    with pytest.raises(Problem) as problem:
        keys.revoke("dev", "sk_dev_AbcdefGhijkl_secret", local=True, as_json=False)
    assert "secret" not in str(problem.value)
    assert problem.value.code == 2
