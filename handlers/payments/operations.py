"""What an operator's command may use of the handlers; everything else in here may change at any time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from payments.adapters.attributes import to_item
from payments.adapters.items import api_key_key
from payments.api_keys import SCOPES, issue
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
