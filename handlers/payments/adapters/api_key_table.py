"""API keys in the table."""

from typing import Any

from payments.adapters.attributes import from_item, to_item
from payments.adapters.items import api_key_key
from payments.api_keys import ApiKey


def find_api_key(client: Any, table: str, key_id: str) -> ApiKey | None:
    """One strongly consistent GetItem, so that a revocation counts at once. Needs dynamodb:GetItem."""
    found = client.get_item(TableName=table, Key=to_item(api_key_key(key_id)), ConsistentRead=True)
    if "Item" not in found:
        return None
    values = from_item(found["Item"])
    return ApiKey(
        **{name: values[name] for name in ApiKey.__dataclass_fields__} | {"scopes": tuple(values["scopes"])}
    )
