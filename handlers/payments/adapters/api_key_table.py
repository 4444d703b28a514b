"""API keys in the table."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from payments.adapters import items
from payments.adapters.table import from_item, to_item
from payments.api_keys import ApiKey


def find_api_key(client: Any, table: str, key_id: str) -> ApiKey | None:
    """Returns a key, or None: one consistent GetItem, so that a revocation takes effect at once.

    Needs dynamodb:GetItem.
    """
    key = to_item(items.api_key_key(key_id))
    found = client.get_item(TableName=table, Key=key, ConsistentRead=True)
    return items.to_api_key(from_item(found["Item"])) if "Item" in found else None


def list_api_keys(client: Any, table: str) -> Iterator[ApiKey]:
    """Yields all keys, oldest first. Needs dynamodb:Query on the index and dynamodb:GetItem on the table."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        IndexName=items.BY_MERCHANT,
        KeyConditionExpression="merchant_list_pk = :keys",
        ExpressionAttributeValues=to_item({":keys": items.API_KEYS}),
    )
    for page in pages:
        for entry in page["Items"]:
            key = find_api_key(client, table, from_item(entry)["pk"].partition("#")[2])
            if key:
                yield key


def add_api_key(client: Any, table: str, key: ApiKey) -> None:
    """Writes a new key. Needs dynamodb:PutItem."""
    _put(client, table, key, "attribute_not_exists(pk)")


def revoke_api_key(client: Any, table: str, key_id: str) -> ApiKey | None:
    """Revokes a key and returns it, or None if it does not exist. Needs dynamodb:GetItem and PutItem."""
    key = find_api_key(client, table, key_id)
    if key is None or key.revoked:
        return key
    revoked = replace(key, revoked=True)
    _put(client, table, revoked, "attribute_exists(pk)")
    return revoked


def _put(client: Any, table: str, key: ApiKey, condition: str) -> None:
    client.put_item(TableName=table, Item=to_item(items.api_key_item(key)), ConditionExpression=condition)
