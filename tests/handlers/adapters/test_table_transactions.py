import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from payments.adapters.table import Put, write
from payments.ports import Unavailable
from tests.handlers.scripted import Scripted, cancelled, failure

PUTS = [
    Put({"pk": "one", "n": 1}, "attribute_not_exists(#pk) OR #n <= :now", {":now": 5}),
    Put({"pk": "two"}, "attribute_not_exists(#pk)"),
]


def written(client: Scripted) -> tuple[object, list[float]]:
    """Returns the result of a write and its pauses."""
    pauses: list[float] = []
    return write(client, "payments-dev", "token", PUTS, sleep=pauses.append), pauses


def test_a_write_is_one_request_with_its_token_and_conditions() -> None:
    client = Scripted()
    assert written(client) == (None, [])
    ((name, arguments),) = client.calls
    assert name == "transact_write_items"
    assert arguments == {
        "ClientRequestToken": "token",
        "TransactItems": [
            {
                "Put": {
                    "TableName": "payments-dev",
                    "Item": {"pk": {"S": "one"}, "n": {"N": "1"}},
                    "ConditionExpression": "attribute_not_exists(#pk) OR #n <= :now",
                    "ExpressionAttributeNames": {"#pk": "pk", "#n": "n"},
                    "ExpressionAttributeValues": {":now": {"N": "5"}},
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            },
            {
                "Put": {
                    "TableName": "payments-dev",
                    "Item": {"pk": {"S": "two"}},
                    "ConditionExpression": "attribute_not_exists(#pk)",
                    "ExpressionAttributeNames": {"#pk": "pk"},
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            },
        ],
    }


def test_a_failed_first_condition_brings_the_item_that_was_there_without_another_try() -> None:
    client = Scripted([cancelled("ConditionalCheckFailed", "TransactionConflict", item={"pk": {"S": "old"}})])
    assert written(client) == ({"pk": "old"}, [])
    assert len(client.calls) == 1


@pytest.mark.parametrize(
    "error", [cancelled("None", "ConditionalCheckFailed"), cancelled("ConditionalCheckFailed", "None")]
)
def test_another_failed_condition_or_a_vanished_item_is_worth_another_request(error: ClientError) -> None:
    with pytest.raises(Unavailable, match="changed by another writer"):
        written(Scripted([error]))


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_contention_is_waited_out_with_the_same_token(code: str) -> None:
    client = Scripted([cancelled("None", code)] * 3)
    result, pauses = written(client)
    assert result is None
    assert [arguments["ClientRequestToken"] for _, arguments in client.calls] == ["token"] * 4
    assert all(0 <= pause <= limit for pause, limit in zip(pauses, (0.025, 0.05, 0.1), strict=True))


def test_waiting_ends_within_three_seconds() -> None:
    pauses: list[float] = []
    client = Scripted([cancelled("TransactionConflict", "None")] * 99)
    with pytest.raises(Unavailable, match="contention"):
        write(client, "payments-dev", "token", PUTS, sleep=pauses.append)
    assert len(client.calls) == 8
    assert sum(pauses) < 3


@pytest.mark.parametrize(
    "error",
    [
        failure("ThrottlingException"),
        failure("ProvisionedThroughputExceededException"),
        failure("TransactionInProgressException"),
        failure("InternalServerError", 500),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1"),
    ],
)
def test_what_the_client_has_tried_in_vain_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable):
        written(Scripted([error]))


@pytest.mark.parametrize(
    "error",
    [
        failure("AccessDeniedException"),
        failure("IdempotentParameterMismatchException"),
        cancelled("ValidationError", "None"),
    ],
)
def test_a_mistake_of_ours_is_not_dressed_up(error: ClientError) -> None:
    with pytest.raises(ClientError) as caught:
        written(Scripted([error]))
    assert caught.value is error
