"""API keys in the table."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from payments.adapters import items
from payments.adapters.attributes import from_item, to_item
from payments.api_keys import ApiKey


def find_api_key(client: Any, table: str, key_id: str) -> ApiKey | None:
    """One strongly consistent GetItem, so that a revocation counts at once. Needs dynamodb:GetItem."""
    key = to_item(items.api_key_key(key_id))
    found = client.get_item(TableName=table, Key=key, ConsistentRead=True)
    return items.to_api_key(from_item(found["Item"])) if "Item" in found else None


def list_api_keys(client: Any, table: str) -> Iterator[ApiKey]:
    """All keys, oldest first. Needs dynamodb:Query on the index and dynamodb:GetItem on the table."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        IndexName=items.BY_MERCHANT,
        KeyConditionExpression="list_of = :keys",
        ExpressionAttributeValues=to_item({":keys": items.API_KEYS}),
    )
    for page in pages:
        for listed in page["Items"]:
            key = find_api_key(client, table, from_item(listed)["pk"].partition("#")[2])
            if key:
                yield key


def add_api_key(client: Any, table: str, key: ApiKey) -> None:
    """Write a new key. Needs dynamodb:PutItem."""
    client.put_item(
        TableName=table,
        Item=to_item(items.api_key_item(key)),
        ConditionExpression="attribute_not_exists(pk)",
    )


def revoke_api_key(client: Any, table: str, key_id: str) -> ApiKey | None:
    """The key, in force no longer; None when there is none. Needs dynamodb:GetItem and PutItem."""
    key = find_api_key(client, table, key_id)
    if key is None or key.revoked:
        return key
    revoked = replace(key, revoked=True)
    client.put_item(
        TableName=table,
        Item=to_item(items.api_key_item(revoked)),
        ConditionExpression="attribute_exists(pk)",
    )
    return revoked
