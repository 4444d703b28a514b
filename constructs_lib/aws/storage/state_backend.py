"""Storage of Terraform states and their locks."""

from datetime import timedelta

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable, DynamodbTableAttribute
from constructs import Construct

from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.aws.storage.lifecycle import drop_unfinished_uploads, forget_old_versions

KEEP_OLD_STATES = timedelta(days=90)
KEEP_UNFINISHED_UPLOADS = timedelta(days=1)


class StateBackend(Construct):
    """Creates a state bucket and a lock table that no plan can destroy; old states stay for 90 days."""

    def __init__(self, scope: Construct, id: str, *, bucket: str, table: str) -> None:
        super().__init__(scope, id)
        never_destroyed = TerraformResourceLifecycle(prevent_destroy=True)
        self.bucket = PrivateBucket(
            self,
            "Bucket",
            name=bucket,
            lifecycle=[
                # Every run leaves a version of the S3 lock file, and every change a version of the state.
                forget_old_versions(KEEP_OLD_STATES),
                drop_unfinished_uploads(KEEP_UNFINISHED_UPLOADS),
            ],
        )
        self.bucket.resource.lifecycle = never_destroyed
        self.table = DynamodbTable(
            self,
            "Table",
            name=table,
            billing_mode="PAY_PER_REQUEST",
            hash_key="LockID",
            attribute=[DynamodbTableAttribute(name="LockID", type="S")],
            point_in_time_recovery={"enabled": True},
            deletion_protection_enabled=True,
            lifecycle=never_destroyed,
        )

    def adopt(self, *, bucket: str | None, table: str | None) -> None:
        """Imports an existing bucket and table with these names into the state."""
        if bucket:
            self.bucket.resource.import_from(bucket)
        if table:
            self.table.import_from(table)
