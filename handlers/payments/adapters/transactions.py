"""All-or-nothing writes to one table, sent again while only contention or throttling is in the way."""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from payments.adapters.attributes import from_item, to_item
from payments.store import Changed, Unavailable

_TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.025, 0.8  # seconds; 2.4 in all at the very most
_CONTENTION = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_TRANSIENT = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionInProgressException",
}


@dataclass(frozen=True, slots=True)
class Put:
    """An item and what must be true of the item that it replaces; `#name` stands for an attribute."""

    item: Mapping[str, object]
    condition: str
    values: Mapping[str, object] = field(default_factory=dict)

    def request(self, table: str) -> dict[str, Any]:
        """The member of TransactItems."""
        put = {
            "TableName": table,
            "Item": to_item(self.item),
            "ConditionExpression": self.condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in re.findall(r"#(\w+)", self.condition)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        # An empty map of values is refused.
        return {"Put": put | ({"ExpressionAttributeValues": to_item(self.values)} if self.values else {})}


def write(
    client: Any, table: str, token: str, puts: Sequence[Put], *, sleep: Callable[[float], None] = time.sleep
) -> Mapping[str, Any] | None:
    """Write all of it, or return the item that made the first condition fail. Needs dynamodb:PutItem.

    `token` (36 characters at most) names this write: sent again within ten minutes it is done once.
    Raises Changed when another condition failed, Unavailable after the last try.
    """
    request = {"TransactItems": [put.request(table) for put in puts], "ClientRequestToken": token}
    for attempt in range(_TRIES):
        if attempt:
            sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1))))
        try:
            with transient_as_unavailable():
                client.transact_write_items(**request)
        except ClientError as error:
            reasons = _reasons(error)
            codes = {reason["Code"] for reason in reasons}
            if "ConditionalCheckFailed" in codes:
                return _in_the_way(reasons[0])
            if not codes & _CONTENTION:
                raise
        else:
            return None
    raise Unavailable("contention")


@contextmanager
def transient_as_unavailable() -> Iterator[None]:
    """Failures of the network, of throttling and of the service, after the client's own tries."""
    try:
        yield
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(type(error).__name__) from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _TRANSIENT or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise Unavailable(code) from error
        raise


def _reasons(error: ClientError) -> list[Mapping[str, Any]]:
    """Why a transaction was cancelled, one for each of its members; empty for any other error."""
    reasons: list[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
    return reasons


def _in_the_way(first: Mapping[str, Any]) -> Mapping[str, Any]:
    if first["Code"] != "ConditionalCheckFailed" or not first.get("Item"):
        raise Changed("changed by another writer")
    return from_item(first["Item"])
