"""API keys in the table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from payments.adapters import items
from payments.adapters.secret import current_pepper
from payments.adapters.table import from_item, get_item, to_item
from payments.api.api_keys import SCOPES, ApiKey, issue
from payments.formats import rfc3339


def find_api_key(client: Any, table: str, key_id: str) -> ApiKey | None:
    """Returns a key, or None: one consistent GetItem, so that a revocation takes effect at once.

    Needs dynamodb:GetItem. Raises Unavailable.
    """
    return get_item(client, table, items.api_key_key(key_id), items.to_api_key)


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

        Raises ValueError for an invalid merchant or scope. Needs dynamodb:PutItem.
        """
        pepper = current_pepper(self.secrets, self.pepper)
        credential, key = issue(self.environment, merchant, scopes, pepper, rfc3339(now))
        self._put(key, "attribute_not_exists(pk)")
        return credential, key

    def list(self) -> Iterator[ApiKey]:
        """Yields all keys, oldest first; a key of the last second may be missing.

        Needs dynamodb:Query on the index and dynamodb:GetItem on the table.
        """
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=items.BY_MERCHANT,
            KeyConditionExpression="merchant_list_pk = :keys",
            ExpressionAttributeValues=to_item({":keys": items.API_KEYS}),
        )
        for page in pages:
            for entry in page["Items"]:
                key = find_api_key(self.dynamodb, self.table, from_item(entry)["pk"].partition("#")[2])
                if key:
                    yield key

    def revoke(self, key_id: str) -> ApiKey | None:
        """Revokes a key and returns it, or None if it does not exist. Needs dynamodb:GetItem and PutItem."""
        key = find_api_key(self.dynamodb, self.table, key_id)
        if key is None or key.revoked:
            return key
        revoked = replace(key, revoked=True)
        self._put(revoked, "attribute_exists(pk)")
        return revoked

    def _put(self, key: ApiKey, condition: str) -> None:
        item = to_item(items.api_key_item(key))
        self.dynamodb.put_item(TableName=self.table, Item=item, ConditionExpression=condition)
