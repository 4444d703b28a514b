"""Names and paths of Terraform states. Imports nothing slow, because commands import it."""

import shutil
from pathlib import Path

PREFIX = "environments"
BACKEND_STACK = "payments-backend"
LOCAL_STATE = "terraform.tfstate"  # in the backend stack's folder, until the bucket exists
API_LOGGING_ROLE = "payments-api-logs"
PROVIDER_LOCK = Path(__file__).parents[2] / ".terraform.lock.hcl"


def state_key(stack: str) -> str:
    """Returns the key of a stack's state. Its object is `environments/<workspace>/<key>`.

    Every stack has its own key, so a wrong workspace never shows the state of another stack.
    """
    return f"{stack}.tfstate"


def prepare_stack_folder(stack_folder: Path, *, workspace: str) -> None:
    """Selects the workspace in a synthesized stack's folder and copies the provider's lock file to it.

    `terraform workspace select` needs an initialized backend, and `terraform init` the lock file.
    """
    selected = stack_folder / ".terraform" / "environment"
    selected.parent.mkdir(parents=True, exist_ok=True)
    selected.write_text(workspace)
    shutil.copy(PROVIDER_LOCK, stack_folder)
