"""Resources in the state of an environment, and lines of its file that Terraform ignores."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.settings.estate import Adoption, EstateSettings
from constructs_lib.settings.schema import Environment
from ops.estate.adopt import gate
from ops.estate.adopt.gate import ignored_lines, resources_in_state
from ops.target import Target
from ops.terraform.states import Instance

QUEUE, TABLE = "aws_sqs_queue.Queue_1", "aws_dynamodb_table.Table_1"
OWN = {"url": "https://sqs/ours", "id": "https://sqs/ours", "arn": "arn:ours"}
STATE = {
    "version": 4,
    "resources": [
        {"mode": "managed", "type": "aws_sqs_queue", "name": "Queue_1", "instances": [{"attributes": OWN}]}
    ],
}


class Bucket:
    """Holds the state of dev only."""

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key != "environments/dev/payments-dev.tfstate":
            raise ClientError(
                {"Error": {"Code": "NoSuchKey" if "new" in Key else "AccessDenied"}}, "GetObject"
            )
        return {"Body": io.BytesIO(json.dumps(STATE).encode())}


class FakeTarget(Target):
    def client(self, service: str) -> Any:
        return {"s3": Bucket()}[service]


def target(name: str, *adopted: Adoption) -> FakeTarget:
    return FakeTarget(
        environment=Environment(name=name, estate=EstateSettings(adopt=adopted)), variables={}, local=True
    )


def test_what_the_state_has_is_told_by_address() -> None:
    assert resources_in_state(target("dev")) == {QUEUE: Instance("aws_sqs_queue", QUEUE, OWN)}
    assert resources_in_state(target("new")) == {}
    with pytest.raises(ClientError):
        resources_in_state(target("secret"))


def test_only_what_is_something_else_in_the_state_comes_too_late() -> None:
    in_state = resources_in_state(target("dev"))
    lines = [Adoption(address=QUEUE, id=id) for id in ("https://sqs/ours", "arn:ours", "https://sqs/acme")]
    (sentence,) = ignored_lines("dev", [*lines, Adoption(address=TABLE, id="acme")], in_state)
    assert sentence == (
        f"{QUEUE} is https://sqs/ours in the state of dev already, so Terraform ignores the line with "
        "https://sqs/acme: remove it from [estate.adopt], or adopt with an environment that is not deployed."
    )


def test_a_plan_warns_of_lines_that_come_too_late(capsys: pytest.CaptureFixture[str]) -> None:
    both = (Adoption(address=QUEUE, id="https://sqs/acme"), Adoption(address=TABLE, id="acme"))
    assert gate.pending(target("dev", *both), announce=True) == (TABLE,)
    warnings = capsys.readouterr().err.splitlines()
    assert warnings[0].startswith(f"Warning: {QUEUE} is https://sqs/ours in the state of dev already")
    assert warnings[1].startswith("dev adopts 1 resources first")
    assert gate.pending(target("dev", Adoption(address=QUEUE, id="https://sqs/ours")), announce=True) == ()
    assert capsys.readouterr().err == ""
