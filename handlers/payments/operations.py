"""What an operator's command may use of the handlers; everything else in here may change at any time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.adapters import api_key_table
from payments.adapters.ledger_table import LedgerTable
from payments.adapters.secret import current_pepper
from payments.api_keys import SCOPES, ApiKey, issue
from payments.ledger_checks import Break, breaks
from payments.times import rfc3339

__all__ = ["SCOPES", "ApiKey", "ApiKeys", "verify_ledger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeys:
    """The keys of an environment, by clients of its table and of its pepper, the secret of that name."""

    environment: str
    dynamodb: Any
    table: str
    secrets: Any
    pepper: str

    def issue(self, merchant: str, now: datetime, scopes: Sequence[str] = SCOPES) -> tuple[str, ApiKey]:
        """A credential, to be shown once, and its record, which is kept.

        Raises ValueError on a bad merchant or scope.
        """
        pepper = current_pepper(self.secrets, self.pepper)
        credential, key = issue(self.environment, merchant, scopes, pepper, rfc3339(now))
        api_key_table.add_api_key(self.dynamodb, self.table, key)
        return credential, key

    def list(self) -> Iterator[ApiKey]:
        """All, oldest first; one that was issued in the last second may be missing."""
        return api_key_table.list_api_keys(self.dynamodb, self.table)

    def revoke(self, key_id: str) -> ApiKey | None:
        """The key, in force no longer; None when there is none."""
        return api_key_table.revoke_api_key(self.dynamodb, self.table, key_id)


def verify_ledger(client: Any, table: str) -> Iterator[tuple[str, list[Break]]]:
    """Each payment of a table with what is wrong with its books; `client` is one of DynamoDB.

    Needs dynamodb:Scan and Query on the table: an operator's, of no function.
    """
    kept = LedgerTable(client, table)
    for books in kept.every_book():
        # Read while it changed, or in parts: what counts is the payment as it is at one moment.
        found = breaks(books) and breaks(kept.books(books.payment_id))
        yield books.payment_id, found
