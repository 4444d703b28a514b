"""Where Terraform keeps what it knows."""

from __future__ import annotations

from cdktf import S3Backend, TerraformStack

from constructs_lib.settings.schema import AwsSettings, StateSettings
from constructs_lib.state.layout import PREFIX, state_key


def use_s3_backend(stack: TerraformStack, *, aws: AwsSettings, state: StateSettings) -> None:
    """Keep a stack's state in the bucket, locked in the table and by S3's own lock file.

    Both locks are on because Terraform 1.11 calls the table deprecated: whoever still has an older
    Terraform sees the one, whoever has dropped the table sees the other.
    """
    S3Backend(
        stack,
        bucket=state.bucket,
        key=state_key(stack.node.id),
        region=aws.region,
        workspace_key_prefix=PREFIX,
        dynamodb_table=state.table,
        encrypt=True,
        allowed_account_ids=[aws.account] if aws.account else None,
    )
    stack.add_override("terraform.backend.s3.use_lockfile", True)
