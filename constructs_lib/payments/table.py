"""The payments table."""

from constructs import Construct

from constructs_lib.aws.security.key import AnyKey
from constructs_lib.aws.storage.table import Table

# Partition key and sort key of each index.
INDEXES = {
    "by_merchant": ("merchant_list_pk", "list_sk"),
    "by_status": ("status_list_pk", "list_sk"),
    "by_due": ("due_pk", "due_sk"),
}
NUMBERS = {"due_sk"}


class PaymentsTable(Table):
    """Creates the single table of payments, ledger and events."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, key: AnyKey, deletion_protection: bool = True
    ) -> None:
        super().__init__(
            scope,
            id,
            name=name,
            key=key,
            partition_key="pk",
            sort_key="sk",
            indexes=INDEXES,
            numbers=NUMBERS,
            ttl_attribute="expires_at",
            deletion_protection=deletion_protection,
        )
