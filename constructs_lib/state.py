"""Where Terraform keeps what it knows."""

from __future__ import annotations

import shutil
from pathlib import Path

from cdktf import S3Backend, TerraformStack

from constructs_lib.environment import AwsSettings, StateSettings

PREFIX = "environments"
PROVIDER_LOCK = Path(__file__).parent.parent / ".terraform.lock.hcl"


def state_key(stack: str) -> str:
    """Key of a stack's state; in the bucket it lies at `environments/<workspace>/<key>`.

    Every stack has a key of its own, so that even a wrong workspace never shows another stack's state.
    """
    return f"{stack}.tfstate"


def keep_state(stack: TerraformStack, *, aws: AwsSettings, state: StateSettings) -> None:
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


def pin(stack_folder: Path, *, workspace: str) -> None:
    """Select the workspace in a synthesized stack's folder and hand it the provider's locked hashes.

    As `terraform workspace select` and `terraform init` would, but before anybody runs them.
    """
    selected = stack_folder / ".terraform" / "environment"
    selected.parent.mkdir(parents=True, exist_ok=True)
    selected.write_text(workspace)
    shutil.copy(PROVIDER_LOCK, stack_folder)
