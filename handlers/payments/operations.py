"""Functions for operators' commands; the other modules of the handlers may change at any time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.adapters import api_key_table
from payments.adapters.ledger_table import LedgerTable
from payments.adapters.secret import current_pepper
from payments.api_keys import SCOPES, ApiKey, issue
from payments.formats import rfc3339
from payments.ledger.checks import Break, breaks

__all__ = ["SCOPES", "ApiKey", "ApiKeys", "verify_ledger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeys:
    """Manages the API keys of an environment.

    `dynamodb` and `secrets` are clients of AWS; `pepper` is the name of the secret with the pepper.
    """

    environment: str
    dynamodb: Any
    table: str
    secrets: Any
    pepper: str

    def issue(self, merchant: str, now: datetime, scopes: Sequence[str] = SCOPES) -> tuple[str, ApiKey]:
        """Stores a new key and returns its credential, to be shown once, and its record.

        Raises ValueError for an invalid merchant or scope.
        """
        pepper = current_pepper(self.secrets, self.pepper)
        credential, key = issue(self.environment, merchant, scopes, pepper, rfc3339(now))
        api_key_table.add_api_key(self.dynamodb, self.table, key)
        return credential, key

    def list(self) -> Iterator[ApiKey]:
        """Yields all keys, oldest first; a key of the last second may be missing."""
        return api_key_table.list_api_keys(self.dynamodb, self.table)

    def revoke(self, key_id: str) -> ApiKey | None:
        """Revokes a key and returns it, or None if it does not exist."""
        return api_key_table.revoke_api_key(self.dynamodb, self.table, key_id)


def verify_ledger(client: Any, table: str) -> Iterator[tuple[str, list[Break]]]:
    """Yields each payment of a table with the breaks of its ledger; `client` is one of DynamoDB.

    Needs dynamodb:Scan and Query on the table, for operators only.
    """
    ledger_table = LedgerTable(client, table)
    for books in ledger_table.every_book():
        # A scan may read a payment while it changes, or in parts: a break must be there in a second read.
        found = breaks(books) and breaks(ledger_table.books(books.payment_id))
        yield books.payment_id, found
