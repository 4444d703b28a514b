from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.settings.environment import Environment
from ops.errors import NEEDS_PERSON, Problem
from ops.target import Target
from ops.terraform import backend, locks


class _Refusing(Target):
    """Every call of AWS ends with one error code."""

    def client(self, service: str) -> Any:
        class Client:
            def __getattr__(self, operation: str) -> Any:
                def call(**_: Any) -> None:
                    raise ClientError({"Error": {"Code": refusal}}, operation)

                return call

        return Client()


refusal = ""


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(code: str) -> Target:
        monkeypatch.setitem(globals(), "refusal", code)
        return _Refusing(environment=Environment(name="dev"), variables={}, local=False)

    return made


@pytest.fixture
def bucket(place: Target) -> Iterator[Target]:
    s3, name = place.client("s3"), place.environment.state.bucket
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield place
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


def test_a_workspace_is_an_empty_state_that_terraform_reads(bucket: Target) -> None:
    backend.ensure_workspace(bucket)
    found = bucket.client("s3").get_object(
        Bucket="payments-terraform-state", Key="environments/dev/payments-dev.tfstate"
    )
    state = json.loads(found["Body"].read())
    assert (state["version"], state["serial"], state["resources"]) == (4, 0, [])


def test_a_state_that_is_there_is_never_written_over(bucket: Target) -> None:
    key = {"Bucket": "payments-terraform-state", "Key": "environments/dev/payments-dev.tfstate"}
    s3 = bucket.client("s3")
    s3.put_object(**key, Body=b"precious")
    backend.ensure_workspace(bucket)
    assert s3.get_object(**key)["Body"].read() == b"precious"


def test_a_bucket_without_its_table_is_not_ready(bucket: Target) -> None:
    assert not backend.ready(bucket)
    assert not backend.complete(bucket)
    with pytest.raises(Problem, match="payments-terraform-state or the lock table payments-terraform-locks"):
        backend.require(bucket)


@pytest.mark.parametrize("code", ["403", "301"])
def test_a_bucket_of_somebody_else_says_to_choose_another_name(refusing: Any, code: str) -> None:
    with pytest.raises(Problem, match="belongs to somebody else") as problem:
        backend.ready(refusing(code))
    assert "state.bucket" in problem.value.hint


@pytest.mark.parametrize("look", [backend.ready, backend._table_status, backend._api_role_exists])
def test_an_unknown_refusal_of_aws_is_not_taken_for_a_missing_thing(refusing: Any, look: Any) -> None:
    with pytest.raises(ClientError):
        look(refusing("Throttling"))
    with pytest.raises(ClientError):
        backend._object(refusing("Throttling"), "key")
    with pytest.raises(ClientError):
        backend.ensure_workspace(refusing("Throttling"))


def test_a_role_for_logs_that_somebody_else_set_is_not_ours(place: Target) -> None:
    assert backend._api_logging_is_ours(place)
    api = place.client("apigateway")
    role = "arn:aws:iam::000000000000:role/theirs"
    change = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
    api.update_account(patchOperations=change)
    try:
        assert not backend._api_logging_is_ours(place)
    finally:
        api.update_account(patchOperations=[{**change[0], "value": ""}])


def test_one_environment_has_to_be_named() -> None:
    with pytest.raises(Problem, match="Name one environment") as problem:
        backend.command(["dev", "staging"], local=True, yes=False)
    assert problem.value.code == NEEDS_PERSON


def test_creating_says_where_the_state_lies(
    monkeypatch: pytest.MonkeyPatch, place: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backend, "target_of", lambda name, local: place)
    monkeypatch.setattr(backend, "ensure", lambda _: None)
    assert backend.command(["dev"], local=True, yes=False) == 0
    said = capsys.readouterr().err
    assert "s3://payments-terraform-state/environments/dev/payments-dev.tfstate" in said
    assert "payments-terraform-locks" in said


def test_unlocking_goes_to_the_state_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, place: Target
) -> None:
    asked: list[str] = []

    def unlock(target: Target, state: str, *, yes: bool) -> int:
        asked.append(state)
        return 0

    monkeypatch.setattr(backend, "target_of", lambda name, local: place)
    monkeypatch.setattr(locks, "unlock", unlock)
    assert backend.command(["unlock", "dev"], local=True, yes=True) == 0
    assert asked == ["environments/dev/payments-dev.tfstate"]
