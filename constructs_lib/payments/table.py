"""The payments table."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTableGlobalSecondaryIndex,
    DynamodbTablePointInTimeRecovery,
    DynamodbTableServerSideEncryption,
    DynamodbTableTtl,
)
from constructs import Construct

from constructs_lib.aws.security.iam import (
    STREAM_READ,
    TABLE_QUERY,
    TABLE_QUERY_BY_INDEX,
    TABLE_READ,
    TABLE_READ_WRITE,
    Grantee,
    Statement,
)
from constructs_lib.aws.security.key import AnyKey

# Partition key and sort key of each index.
INDEXES = {
    "by_merchant": ("list_of", "listed"),
    "by_status": ("list_of_status", "listed"),
    "by_due": ("due_shard", "due_at"),
}
NUMBERS = {"due_at"}


class Table(Construct):
    """A single table with keys `pk` and `sk`, time to live in `expires_at`, and a stream of both images.

    Pay per request, point-in-time recovery, encrypted with our key. Its indexes hold keys only: the cheapest
    to write, and what they find is read from the table, consistently.
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, key: AnyKey, deletion_protection: bool
    ) -> None:
        super().__init__(scope, id)
        self._key = key
        self.resource = DynamodbTable(
            self,
            "Resource",
            name=name,
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            range_key="sk",
            attribute=[
                DynamodbTableAttribute(name=attribute, type="N" if attribute in NUMBERS else "S")
                for attribute in dict.fromkeys(
                    ["pk", "sk", *(key for keys in INDEXES.values() for key in keys)]
                )
            ],
            global_secondary_index=[
                DynamodbTableGlobalSecondaryIndex(
                    name=index, hash_key=partition, range_key=sort, projection_type="KEYS_ONLY"
                )
                for index, (partition, sort) in INDEXES.items()
            ],
            ttl=DynamodbTableTtl(attribute_name="expires_at", enabled=True),
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            point_in_time_recovery=DynamodbTablePointInTimeRecovery(enabled=True),
            server_side_encryption=DynamodbTableServerSideEncryption(enabled=True, kms_key_arn=key.arn),
            deletion_protection_enabled=deletion_protection,
        )

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def arn(self) -> str:
        return self.resource.arn

    @property
    def stream_arn(self) -> str:
        return self.resource.stream_arn

    def grant_read(self, grantee: Grantee) -> None:
        """Allows to read single items. Actions: dynamodb:GetItem; use of the key."""
        self._grant(grantee, TABLE_READ, self.arn)

    def grant_read_write(self, grantee: Grantee) -> None:
        """Allows to read and put single items, also in transactions; neither updates nor deletes.

        Actions: dynamodb:GetItem, dynamodb:PutItem; use of the key.
        """
        self._grant(grantee, TABLE_READ_WRITE, self.arn)

    def grant_query(self, grantee: Grantee, *, indexes: Sequence[str] = ()) -> None:
        """Allows to query the table and the named indexes.

        Actions: dynamodb:Query; use of the key. With indexes also dynamodb:BatchGetItem on the table, which
        has the items that the keys of an index point to.
        """
        self._grant(grantee, TABLE_QUERY_BY_INDEX if indexes else TABLE_QUERY, self.arn)
        if indexes:
            self._grant(grantee, TABLE_QUERY, *(f"{self.arn}/index/{index}" for index in indexes))

    def grant_stream_read(self, grantee: Grantee) -> None:
        """Allows to read the stream.

        Actions: dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator,
        dynamodb:ListStreams; use of the key.
        """
        self._grant(grantee, STREAM_READ, self.stream_arn)

    def _grant(self, grantee: Grantee, actions: Sequence[str], *resources: str) -> None:
        grantee.allow(Statement(actions=actions, resources=resources))
        self._key.grant_use(grantee)
