"""Functions for operators' commands; the other modules of the handlers may change at any time."""

from collections.abc import Iterator
from typing import Any

from payments.adapters.api_key_table import ApiKeys
from payments.adapters.ledger_table import LedgerTable
from payments.api.api_keys import SCOPES, ApiKey
from payments.verification.ledger_checks import Break, breaks

__all__ = ["SCOPES", "ApiKey", "ApiKeys", "verify_ledger"]


def verify_ledger(client: Any, table: str) -> Iterator[tuple[str, list[Break]]]:
    """Yields each payment of a table with the breaks of its ledger; `client` is one of DynamoDB.

    Needs dynamodb:Scan and Query on the table, for operators only.
    """
    ledger_table = LedgerTable(client, table)
    for books in ledger_table.every_book():
        # A scan may read a payment while it changes, or in parts: a break must be there in a second read.
        found = breaks(books) and breaks(ledger_table.books(books.payment_id))
        yield books.payment_id, found
