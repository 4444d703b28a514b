"""What an operator's command may use of the handlers; everything else in here may change at any time."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from payments.adapters.attributes import to_item
from payments.adapters.items import api_key_key
from payments.adapters.ledger_table import LedgerTable
from payments.api_keys import SCOPES, issue
from payments.ledger_checks import Break, breaks
from payments.pepper import Pepper
from payments.times import rfc3339


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """`credential` is shown once and stored nowhere; `item` goes to the table as it is, by a PutItem."""

    credential: str
    key_id: str
    item: dict[str, Any]


def issue_api_key(
    *, environment: str, merchant: str, pepper: Pepper, now: datetime, scopes: Sequence[str] = SCOPES
) -> IssuedKey:
    """A new key of a merchant; `pepper` is the current version of the environment's pepper secret.

    Raises ValueError on a bad merchant or scope.
    """
    credential, key = issue(environment, merchant, scopes, pepper, rfc3339(now))
    item = api_key_key(key.key_id) | {"entity": "api_key", **asdict(key)}
    return IssuedKey(credential, key.key_id, to_item(item))


def verify_ledger(client: Any, table: str) -> Iterator[tuple[str, list[Break]]]:
    """Each payment of a table with what is wrong with its books; `client` is one of DynamoDB.

    Needs dynamodb:Scan and Query on the table: an operator's, of no function.
    """
    kept = LedgerTable(client, table)
    for books in kept.every_book():
        # Read while it changed, or in parts: what counts is the payment as it is at one moment.
        found = breaks(books) and breaks(kept.books(books.payment_id))
        yield books.payment_id, found
