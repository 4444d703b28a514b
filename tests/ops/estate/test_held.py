"""What an environment has already, and lines of its file that come too late for it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.settings.environment import Environment
from constructs_lib.settings.estate import Adoption, EstateSettings
from ops.estate.adopt import gate
from ops.estate.adopt.held import held, late
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
    """Holds the state of dev alone."""

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key != "environments/dev/payments-dev.tfstate":
            raise ClientError(
                {"Error": {"Code": "NoSuchKey" if "new" in Key else "AccessDenied"}}, "GetObject"
            )
        return {"Body": io.BytesIO(json.dumps(STATE).encode())}


class Place(Target):
    def client(self, service: str) -> Any:
        return {"s3": Bucket()}[service]


def target(name: str, *adopted: Adoption) -> Place:
    return Place(
        environment=Environment(name=name, estate=EstateSettings(adopt=adopted)), variables={}, local=True
    )


def test_what_the_state_has_is_told_by_address() -> None:
    assert held(target("dev")) == {QUEUE: Instance("aws_sqs_queue", QUEUE, OWN)}
    assert held(target("new")) == {}
    with pytest.raises(ClientError):
        held(target("secret"))


def test_only_what_is_something_else_in_the_state_comes_too_late() -> None:
    known = held(target("dev"))
    lines = [Adoption(address=QUEUE, id=id) for id in ("https://sqs/ours", "arn:ours", "https://sqs/acme")]
    (sentence,) = late("dev", [*lines, Adoption(address=TABLE, id="acme")], known)
    assert sentence == (
        f"{QUEUE} is https://sqs/ours in the state of dev already, so Terraform ignores the line that says "
        "https://sqs/acme: take it out of [estate.adopt], or adopt by an environment that is not deployed."
    )


def test_a_plan_warns_of_lines_that_come_too_late(capsys: pytest.CaptureFixture[str]) -> None:
    both = (Adoption(address=QUEUE, id="https://sqs/acme"), Adoption(address=TABLE, id="acme"))
    assert gate.announced(target("dev", *both)) == (TABLE,)
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"Warning: {QUEUE} is https://sqs/ours in the state of dev already")
    assert told[1].startswith("dev adopts 1 resources first")
    assert gate.announced(target("dev", Adoption(address=QUEUE, id="https://sqs/ours"))) == ()
    assert capsys.readouterr().err == ""
