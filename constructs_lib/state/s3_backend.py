"""The S3 backend of a stack."""

from cdktf import S3Backend, TerraformStack

from constructs_lib.settings.schema import AwsSettings, StateSettings
from constructs_lib.state.layout import PREFIX, state_key


def use_s3_backend(stack: TerraformStack, *, aws: AwsSettings, state: StateSettings) -> None:
    """Stores the stack's state in the bucket, with a lock in the table and S3's lock file.

    Both locks are on because Terraform 1.11 deprecates the table: older versions of Terraform see only the
    lock in the table, later ones may drop it.
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
