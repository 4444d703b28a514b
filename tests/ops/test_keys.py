from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import checkout, keys
from ops.errors import Problem
from ops.target import Target


@pytest.fixture
def deployed(place: Target) -> Iterator[Target]:
    """As much of an environment as keys need: table and pepper."""
    dynamodb, secrets = place.client("dynamodb"), place.client("secretsmanager")
    dynamodb.create_table(
        TableName="payments-dev",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    secrets.create_secret(Name="payments-dev/pepper", SecretString="pepper")
    yield place
    secrets.delete_secret(SecretId="payments-dev/pepper", ForceDeleteWithoutRecovery=True)
    dynamodb.delete_table(TableName="payments-dev")


@pytest.fixture(autouse=True)
def state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(checkout, "state_folder", lambda: tmp_path)
    return tmp_path


def test_a_key_is_stored_without_its_secret(deployed: Target) -> None:
    credential = keys.issue(deployed, merchant="acme", scopes=["payments:read"])
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
    with pytest.raises(Problem, match="No key was made"):
        keys.issue(deployed, merchant=merchant, scopes=scopes)
    assert not deployed.client("dynamodb").scan(TableName="payments-dev")["Items"]


def test_an_environment_that_is_not_deployed_has_no_keys(place: Target) -> None:
    with pytest.raises(Problem, match="The pepper of dev cannot be read") as problem:
        keys.issue(place, merchant="acme")
    assert problem.value.hint == "Is the environment deployed? ./payctl deploy dev --local"


def test_up_keeps_one_key_that_nobody_else_can_read(deployed: Target, state_folder: Path) -> None:
    first = keys.local_key(deployed, merchant="demo")
    assert keys.local_key(deployed, merchant="demo") == first
    [file] = state_folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys.forget_local_keys()
    assert keys.local_key(deployed, merchant="demo") != first


@pytest.mark.parametrize("as_json", [True, False])
def test_a_created_key_is_shown_once(
    deployed: Target,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    as_json: bool,
) -> None:
    monkeypatch.setattr(keys, "target", lambda name, local: deployed)
    assert keys.create("dev", merchant="acme", scopes=(), local=True, as_json=as_json) == 0
    shown = capsys.readouterr().out
    credential = json.loads(shown)["api_key"] if as_json else shown.splitlines()[0]
    assert credential.startswith("sk_dev_")
