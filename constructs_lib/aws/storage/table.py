"""DynamoDB tables."""

from collections.abc import Collection, Mapping, Sequence

from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTableGlobalSecondaryIndex,
)
from constructs import Construct

from constructs_lib.aws.security.iam import Grantee, Statement
from constructs_lib.aws.security.key import AnyKey


class Table(Construct):
    """Creates an encrypted table with on-demand capacity, point-in-time recovery and a stream.

    Indexes contain keys only: they are the cheapest to write, and a consistent read of the table returns the
    items. The stream has the old and the new image of each change.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        key: AnyKey,
        partition_key: str,
        sort_key: str,
        indexes: Mapping[str, tuple[str, str]] | None = None,
        numbers: Collection[str] = (),
        ttl_attribute: str | None = None,
        deletion_protection: bool = True,
    ) -> None:
        """`indexes`: partition key and sort key by the name of the index.

        Keys are strings, except those in `numbers`. DynamoDB deletes items after the time in `ttl_attribute`
        (epoch seconds).
        """
        super().__init__(scope, id)
        self._key = key
        indexes = indexes or {}
        keys = [partition_key, sort_key, *(attribute for pair in indexes.values() for attribute in pair)]
        self.resource = DynamodbTable(
            self,
            "Resource",
            name=name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=partition_key,
            range_key=sort_key,
            attribute=[
                DynamodbTableAttribute(name=attribute, type="N" if attribute in numbers else "S")
                for attribute in dict.fromkeys(keys)
            ],
            global_secondary_index=[
                DynamodbTableGlobalSecondaryIndex(
                    name=index, hash_key=partition, range_key=sort, projection_type="KEYS_ONLY"
                )
                for index, (partition, sort) in indexes.items()
            ],
            ttl={"attribute_name": ttl_attribute, "enabled": True} if ttl_attribute else None,
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True, "kms_key_arn": key.arn},
            deletion_protection_enabled=deletion_protection,
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        self.stream_arn: str = self.resource.stream_arn

    def grant_read(self, grantee: Grantee) -> None:
        """Allows the grantee to read single items. Actions: dynamodb:GetItem; use of the key."""
        self._grant(grantee, ["dynamodb:GetItem"], self.arn)

    def grant_read_write(self, grantee: Grantee) -> None:
        """Allows the grantee to read and put single items, also in transactions; neither updates nor deletes.

        Actions: dynamodb:GetItem, dynamodb:PutItem; use of the key.
        """
        self._grant(grantee, ["dynamodb:GetItem", "dynamodb:PutItem"], self.arn)

    def grant_query(self, grantee: Grantee, *, indexes: Sequence[str] = ()) -> None:
        """Allows the grantee to query the table and the named indexes.

        Actions: dynamodb:Query; use of the key. With indexes also dynamodb:BatchGetItem on the table, which
        has the items that the keys of an index point to.
        """
        batch = ["dynamodb:BatchGetItem"] if indexes else []
        self._grant(grantee, [*batch, "dynamodb:Query"], self.arn)
        if indexes:
            self._grant(grantee, ["dynamodb:Query"], *(f"{self.arn}/index/{index}" for index in indexes))

    def grant_stream_read(self, grantee: Grantee) -> None:
        """Allows the grantee to read the stream.

        Actions: dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator,
        dynamodb:ListStreams; use of the key.
        """
        actions = (
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        )
        self._grant(grantee, actions, self.stream_arn)

    def _grant(self, grantee: Grantee, actions: Sequence[str], *resources: str) -> None:
        grantee.allow(Statement(actions=actions, resources=resources))
        self._key.grant_use(grantee)
