from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.settings.schema import Environment
from ops.errors import NEEDS_PERSON, Problem
from ops.target import Target
from ops.terraform import backend, terraform
from ops.terraform.failures import Locked


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
def bucket(target: Target) -> Iterator[Target]:
    s3, name = target.client("s3"), target.environment.state.bucket
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield target
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


class Checkout:
    """A checkout in which Terraform is a stand-in: its apply leaves a local state, as Terraform's does."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.target = target
        self.local = (
            folder / "backend/local/payments-terraform-state/stacks/payments-backend" / "terraform.tfstate"
        )
        self.local.parent.mkdir(parents=True)
        self.moved = self.local.with_name("terraform.tfstate.moved")
        self.applied: list[str] = []

    def synthesize(self, _target: Target, _folder: Path, *, in_itself: bool) -> None:
        self._backend = "bucket" if in_itself else "file"

    def apply(self, _target: Target, _folder: Path) -> None:
        assert not (self._backend == "bucket" and self.local.exists()), "Terraform asks whether to migrate"
        if self._backend == "file" and not self.local.exists():
            self.local.write_text(_state(serial=3))
        self.applied.append(self._backend)

    def in_bucket(self) -> str:
        found = self.target.client("s3").get_object(**OWN)
        return str(found["Body"].read().decode())


OWN = {"Bucket": "payments-terraform-state", "Key": "payments-backend.tfstate"}
TABLE, ROLE = ("aws_dynamodb_table", "locks"), ("aws_iam_role", "logs")


def _state(*, serial: int, lineage: str = "ours", things: Sequence[tuple[str, str]] = (TABLE, ROLE)) -> str:
    resources = [
        {"mode": "managed", "type": kind, "name": "it", "instances": [{"attributes": {"id": id}}]}
        for kind, id in things
    ]
    return json.dumps({"version": 4, "lineage": lineage, "serial": serial, "resources": resources})


@pytest.fixture
def checkout(bucket: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    made = Checkout(tmp_path, bucket)
    monkeypatch.setattr("ops.checkout.state_folder", lambda: tmp_path)
    monkeypatch.setattr(backend, "_synthesize", made.synthesize)
    monkeypatch.setattr(backend, "_apply", made.apply)
    return made


def test_the_first_state_moves_into_the_bucket_and_everything_can_be_repeated(checkout: Checkout) -> None:
    for _ in range(3):
        backend.ensure(checkout.target)
    assert checkout.applied == ["file", "bucket", "bucket"]
    assert checkout.in_bucket() == checkout.moved.read_text() == _state(serial=3)
    assert not checkout.local.exists()


@pytest.mark.parametrize("step", ["_put_state_if_absent", "_retire_local_state", "ensure_workspace"])
def test_what_was_killed_between_two_steps_is_ended_by_the_next_run(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(backend, step, killed)
        with pytest.raises(KeyboardInterrupt):
            backend.ensure(checkout.target)
    assert checkout.local.exists() or checkout.moved.exists()
    backend.ensure(checkout.target)
    assert checkout.in_bucket() == checkout.moved.read_text() == _state(serial=3)
    assert not checkout.local.exists()


@pytest.mark.parametrize(
    ("local", "kept"),
    [
        (_state(serial=3), _state(serial=3)),
        (_state(serial=3), _state(serial=9, things=[])),  # what is gone was destroyed later
        (_state(serial=3, lineage="before the move"), _state(serial=1)),
        (_state(serial=3, lineage="before the move", things=[ROLE]), _state(serial=1)),
        (_state(serial=3, lineage="of a run that made nothing", things=[]), _state(serial=1)),
        ("", _state(serial=1)),
    ],
)
def test_a_local_state_that_lies_in_the_bucket_is_retire_local_state(
    checkout: Checkout, local: str, kept: str
) -> None:
    checkout.local.write_text(local)
    checkout.target.client("s3").put_object(**OWN, Body=kept.encode())
    backend.ensure(checkout.target)
    assert checkout.applied == ["bucket"]
    assert checkout.moved.read_text() == local
    assert checkout.in_bucket() == kept


@pytest.mark.parametrize(
    ("local", "kept"),
    [
        (_state(serial=3), _state(serial=2)),
        (_state(serial=3, lineage="another"), _state(serial=9, things=[TABLE])),
        (_state(serial=3, lineage="another"), _state(serial=9, things=[TABLE, (ROLE[0], "another role")])),
        (_state(serial=3)[:-20], _state(serial=3)),
    ],
)
def test_a_local_state_that_has_more_than_the_bucket_stays_and_is_told(
    checkout: Checkout, local: str, kept: str
) -> None:
    checkout.local.write_text(local)
    checkout.target.client("s3").put_object(**OWN, Body=kept.encode())
    with pytest.raises(
        Problem, match=r"terraform\.tfstate contains resources .* they could be lost"
    ) as problem:
        backend.ensure(checkout.target)
    assert problem.value.code == NEEDS_PERSON
    assert "./payctl backend dev --local" in problem.value.hint
    assert checkout.applied == []
    assert (checkout.local.read_text(), checkout.in_bucket()) == (local, kept)


def test_a_local_state_stays_where_the_bucket_has_none(checkout: Checkout) -> None:
    checkout.local.write_text(_state(serial=3))
    with pytest.raises(Problem, match="could be lost"):
        backend._retire_local_state(checkout.target, backend._folder(checkout.target))
    assert checkout.local.exists()


def test_a_bucket_without_its_table_is_not_ready(bucket: Target) -> None:
    assert not backend.is_usable(bucket)
    assert not backend.is_complete(bucket)
    with pytest.raises(Problem, match="payments-terraform-state or the lock table payments-terraform-locks"):
        backend.require(bucket)


@pytest.mark.parametrize("code", ["403", "301"])
def test_a_bucket_of_another_account_needs_another_name(refusing: Any, code: str) -> None:
    with pytest.raises(Problem, match="belongs to another account") as problem:
        backend.is_usable(refusing(code))
    assert "state.bucket" in problem.value.hint


@pytest.mark.process
@pytest.mark.parametrize("look", [backend.is_usable, backend._table_status, backend._api_role_exists])
def test_an_unknown_refusal_of_aws_is_not_taken_for_a_missing_thing(refusing: Any, look: Any) -> None:
    with pytest.raises(ClientError):
        look(refusing("Throttling"))
    with pytest.raises(ClientError):
        backend._object(refusing("Throttling"), "key")
    with pytest.raises(ClientError):
        backend._own_state(refusing("Throttling"))
    with pytest.raises(ClientError):
        backend.ensure_workspace(refusing("Throttling"))


def test_creating_says_where_the_state_lies(
    monkeypatch: pytest.MonkeyPatch, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backend, "resolve_target", lambda name, local: target)
    monkeypatch.setattr(backend, "ensure", lambda _: None)
    assert backend.create("dev", local=True) == 0
    printed = capsys.readouterr().err
    assert "s3://payments-terraform-state/environments/dev/payments-dev.tfstate" in printed
    assert "payments-terraform-locks" in printed


def test_unlocking_frees_the_state_of_the_environment_and_the_backends_own(
    monkeypatch: pytest.MonkeyPatch, bucket: Target
) -> None:
    s3 = bucket.client("s3")
    for key in ("environments/dev/payments-dev.tfstate.tflock", "payments-backend.tfstate.tflock"):
        s3.put_object(Bucket="payments-terraform-state", Key=key, Body=b'{"ID": "4711"}')
    monkeypatch.setattr(backend, "resolve_target", lambda name, local: bucket)
    assert backend.unlock("dev", local=True, yes=True) == 0
    assert "Contents" not in s3.list_objects_v2(Bucket="payments-terraform-state")


def test_a_lock_that_a_killed_terraform_left_on_the_backends_own_state_is_freed_on_local_aws(
    monkeypatch: pytest.MonkeyPatch, bucket: Target, tmp_path: Path
) -> None:
    lock = {"Bucket": "payments-terraform-state", "Key": "payments-backend.tfstate.tflock"}
    s3 = bucket.client("s3")
    s3.put_object(**lock, Body=b'{"ID": "4711"}')

    def plan(*_: Any, **__: Any) -> int:
        if "Contents" in s3.list_objects_v2(Bucket="payments-terraform-state"):
            raise Locked("The state of backend is locked.")
        return 0

    monkeypatch.setattr(terraform, "init", lambda *_: None)
    monkeypatch.setattr(terraform, "plan", plan)
    backend._apply(bucket, tmp_path)
    with pytest.raises(ClientError, match="404"):
        s3.head_object(**lock)


@pytest.mark.parametrize(("role", "sets"), [("", True), ("payments-api-logs", True), ("theirs", False)])
def test_the_stack_sets_the_accounts_role_for_logs_unless_there_is_another_one(
    target: Target, tmp_path: Path, role: str, sets: bool
) -> None:
    api = target.client("apigateway")
    change = {"op": "replace", "path": "/cloudwatchRoleArn"}
    arn = f"arn:aws:iam::000000000000:role/{role}" if role else ""
    api.update_account(patchOperations=[{**change, "value": arn}])
    try:
        backend._synthesize(target, tmp_path, in_itself=False)
    finally:
        api.update_account(patchOperations=[{**change, "value": ""}])
    assert ("aws_api_gateway_account" in synthesized(tmp_path)["resource"]) is sets


@pytest.mark.parametrize("in_itself", [False, True])
def test_a_role_for_logs_that_exists_is_imported(target: Target, tmp_path: Path, in_itself: bool) -> None:
    iam = target.client("iam")
    iam.create_role(RoleName="payments-api-logs", AssumeRolePolicyDocument="{}")
    try:
        backend._synthesize(target, tmp_path, in_itself=in_itself)
    finally:
        iam.delete_role(RoleName="payments-api-logs")
    assert [entry["id"] for entry in synthesized(tmp_path)["import"]] == ["payments-api-logs"]


def synthesized(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (folder / "stacks" / "payments-backend" / "cdk.tf.json").read_text()
    )
    return document
