from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ops import cli
from ops.errors import Problem
from ops.operation import ledger
from ops.target import Target

PAYMENT = {
    "pk": {"S": "PAYMENT#pay_a"},
    "sk": {"S": "PAYMENT"},
    "entity": {"S": "payment"},
    "status": {"S": "succeeded"},
    "currency": {"S": "EUR"},
    "merchant": {"S": "acme"},
    **{name: {"N": "0"} for name in ("amount_capturable", "amount_captured", "amount_refunded", "entries")},
    "amount": {"N": "5"},
}


@pytest.fixture
def table(target: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    dynamodb = target.client("dynamodb")
    dynamodb.create_table(
        TableName="payments-dev",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    monkeypatch.setattr(ledger, "resolve_target", lambda name, local: target)
    dynamodb.put_item(TableName="payments-dev", Item=PAYMENT)
    yield target
    dynamodb.delete_table(TableName="payments-dev")


def test_books_that_agree_end_with_0(table: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ledger", "verify", "dev", "--local"]) == 0
    assert capsys.readouterr().out == "1 payments, 0 breaks.\n"


def test_a_break_ends_with_2_and_says_where_and_what_to_do(
    table: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    table.client("dynamodb").put_item(
        TableName="payments-dev", Item=PAYMENT | {"amount_captured": {"N": "5"}}
    )
    assert cli.main(["ledger", "verify", "dev", "--local"]) == 2
    text = capsys.readouterr().out
    assert "pay_a  amount_captured_differs" in text
    assert "docs/runbook.md#ledger-breaks" in text
    assert cli.main(["ledger", "verify", "dev", "--local", "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {
        "environment": "dev",
        "payments": 1,
        "breaks": [
            {
                "payment": "pay_a",
                "code": "amount_captured_differs",
                "detail": "5 on the payment, 0 in the ledger",
            }
        ],
    }


def test_an_environment_that_is_not_deployed_is_told(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "resolve_target", lambda name, local: target)
    with pytest.raises(Problem, match="The table of dev cannot be read"):
        ledger.verify("dev", local=True, as_json=True)
