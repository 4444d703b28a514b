"""Names and places of Terraform's state, for the app and for the commands around it; imports nothing slow."""

from __future__ import annotations

import shutil
from pathlib import Path

PREFIX = "environments"
BACKEND_STACK = "payments-backend"
LOCAL_STATE = "terraform.tfstate"  # in the backend stack's own folder, until it can lie in the bucket
API_LOGGING_ROLE = "payments-api-logs"
PROVIDER_LOCK = Path(__file__).parents[2] / ".terraform.lock.hcl"


def state_key(stack: str) -> str:
    """Key of a stack's state; in the bucket it lies at `environments/<workspace>/<key>`.

    Every stack has a key of its own, so that even a wrong workspace never shows another stack's state.
    """
    return f"{stack}.tfstate"


def prepare_stack_folder(stack_folder: Path, *, workspace: str) -> None:
    """Select the workspace in a synthesized stack's folder and hand it the provider's locked hashes.

    As `terraform workspace select` and `terraform init` would, but before anybody runs them.
    """
    selected = stack_folder / ".terraform" / "environment"
    selected.parent.mkdir(parents=True, exist_ok=True)
    selected.write_text(workspace)
    shutil.copy(PROVIDER_LOCK, stack_folder)
