"""The payments table."""

from __future__ import annotations

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
    INDEX_LIST,
    STREAM_CONSUME,
    TABLE_LIST,
    TABLE_QUERY,
    TABLE_READ,
    TABLE_WRITE,
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
        """dynamodb:GetItem, and use of the key."""
        grantee.allow(Statement(actions=TABLE_READ, resources=[self.arn]))
        self._key.grant_use(grantee)

    def grant_write(self, grantee: Grantee) -> None:
        """dynamodb:GetItem and PutItem, which transactions need too; use of the key."""
        grantee.allow(Statement(actions=TABLE_WRITE, resources=[self.arn]))
        self._key.grant_use(grantee)

    def grant_query(self, grantee: Grantee) -> None:
        """dynamodb:Query on the table, not on its indexes; use of the key."""
        grantee.allow(Statement(actions=TABLE_QUERY, resources=[self.arn]))
        self._key.grant_use(grantee)

    def grant_list(self, grantee: Grantee, *indexes: str) -> None:
        """dynamodb:BatchGetItem and Query on the table, Query on the named indexes, and use of the key."""
        places = [f"{self.arn}/index/{index}" for index in indexes]
        grantee.allow(
            Statement(actions=TABLE_LIST, resources=[self.arn]),
            Statement(actions=INDEX_LIST, resources=places),
        )
        self._key.grant_use(grantee)

    def grant_consume_stream(self, grantee: Grantee) -> None:
        """dynamodb:DescribeStream, GetRecords, GetShardIterator, ListStreams, and use of the key."""
        grantee.allow(Statement(actions=STREAM_CONSUME, resources=[self.stream_arn]))
        self._key.grant_use(grantee)
