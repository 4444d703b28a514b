"""State backend: bucket, lock table and workspace."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.settings.environments import names
from constructs_lib.state.layout import (
    API_LOGGING_ROLE,
    BACKEND_STACK,
    LOCAL_STATE,
    PREFIX,
    prepare_stack_folder,
    state_key,
)
from ops import checkout
from ops.errors import NEEDS_PERSON, Problem
from ops.progress import Waiting, say
from ops.run import exclusive_lock
from ops.setup import toolchain
from ops.target import Target, read, resolve_target
from ops.terraform import locks, terraform
from ops.terraform.locks import unless_absent
from ops.terraform.states import instances

FOREIGN = frozenset({"403", "AccessDenied", "301"})


def create(name: str, *, local: bool) -> int:
    """Creates or repairs the backend of an environment, and prints where its state is stored."""
    target = resolve_target(name, local=local)
    ensure(target)
    say(
        f"State of {name}: s3://{target.environment.state.bucket}/{workspace_key(name)}, "
        f"locked in table {target.environment.state.table}."
    )
    return 0


def unlock(name: str, *, local: bool, yes: bool) -> int:
    """Frees the locks on the state of an environment and on the backend's own state."""
    return locks.unlock(resolve_target(name, local=local), [workspace_key(name), _backend_key()], yes=yes)


def ensure(target: Target) -> None:
    """Creates or repairs everything; may be repeated, also after it was killed at any point."""
    folder = _folder(target)
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(folder / "lock", "wait for another command that creates the state backend"):
        if _object(target, _backend_key()) is None:
            _synthesize(target, folder, in_itself=False)
            _apply(target, folder)
            _synthesize(target, folder, in_itself=True)
            # Not by `init -migrate-state`: it gives the state a new lineage and serial, which hides its
            # origin, and takes locks, which stay when it is killed.
            with Waiting("move the backend's own state into the bucket"):
                _put_state_if_absent(target, _backend_key(), _local_state(folder).read_bytes())
            _retire_local_state(target, folder)
        else:
            _retire_local_state(target, folder)  # left by a run that was killed before this step
            _synthesize(target, folder, in_itself=True)
            _apply(target, folder)
    ensure_workspace(target)


def ensure_workspace(target: Target) -> None:
    """Creates the workspace of an environment as Terraform does: an empty state."""
    empty = {
        "version": 4,
        "terraform_version": ".".join(map(str, toolchain.terraform_version(toolchain.terraform()))),
        "serial": 0,
        "lineage": str(uuid.uuid4()),
        "outputs": {},
        "resources": [],
    }
    _put_state_if_absent(target, workspace_key(target.name), json.dumps(empty).encode())


def is_usable(target: Target) -> bool:
    """Returns whether the bucket and the table exist, so that a stack can be planned."""
    return _bucket(target) is not None and _table_status(target) == "ACTIVE"


def is_complete(target: Target) -> bool:
    """Returns whether `ensure` has finished once: the backend's own state is in the bucket."""
    return is_usable(target) and _object(target, _backend_key()) is not None


def require(target: Target) -> None:
    """Raises Problem if there is no backend."""
    if not is_usable(target):
        raise Problem(
            f"The state bucket {target.environment.state.bucket} or the lock table "
            f"{target.environment.state.table} does not exist.",
            hint=f"Create both: ./payctl backend {target.name}{target.flag}",
        )


def workspace_key(environment: str) -> str:
    """Returns the key of the state of an environment in the bucket."""
    return f"{PREFIX}/{environment}/{state_key(f'payments-{environment}')}"


def _backend_key() -> str:
    return state_key(BACKEND_STACK)  # in workspace `default`, whose states have no prefix


def _folder(target: Target) -> Path:
    return checkout.state_folder() / "backend" / target.scope / target.environment.state.bucket


def _stack(folder: Path) -> Path:
    return folder / "stacks" / BACKEND_STACK


def _local_state(folder: Path) -> Path:
    return _stack(folder) / LOCAL_STATE


def _synthesize(target: Target, folder: Path, *, in_itself: bool) -> None:
    with Waiting("synthesize the state backend"):
        from cdktf import App

        from constructs_lib.state.backend_stack import StateBackendStack

        environment = target.environment
        # Every environment of envs/ whose state is in this backend, which they share.
        sharing = [
            it for it in map(read, names()) if (it.aws, it.state) == (environment.aws, environment.state)
        ]
        app = App(outdir=str(folder))
        StateBackendStack(
            app,
            aws=environment.aws,
            state=environment.state,
            in_itself=in_itself,
            existing_bucket=None if in_itself else _bucket(target),
            existing_table=environment.state.table if not in_itself and _table_status(target) else None,
            api_logging=_may_set_api_logging(target),
            existing_api_role=_api_role_exists(target),
            environments=sharing,
        )
        app.synth()
        prepare_stack_folder(_stack(folder), workspace="default")


def _apply(target: Target, folder: Path) -> None:
    stack = _stack(folder)
    plan = stack / "backend.tfplan"

    def plan_and_apply() -> None:
        if terraform.plan(stack, target.variables, out=plan, show=False):
            terraform.apply(stack, plan, target.variables)

    terraform.init(stack, target.variables)
    try:
        locks.retry_without_stale_lock(target, _backend_key(), plan_and_apply)
    finally:
        plan.unlink(missing_ok=True)


def _retire_local_state(target: Target, folder: Path) -> None:
    """Renames the local state once the bucket has it; Problem when the bucket has another.

    A local state beside a backend in S3 stops every `init`: Terraform asks whether to migrate it.
    """
    local = _local_state(folder)
    if not local.exists():
        return
    if not _is_in_bucket(target, local.read_text()):
        raise Problem(
            f"{local} contains resources that the state at "
            f"s3://{target.environment.state.bucket}/{_backend_key()} does not contain: they could be lost.",
            hint="Compare both. If nothing is missing in the bucket, move the file to another folder and "
            f"repeat: ./payctl backend {target.name}{target.flag}",
            code=NEEDS_PERSON,
        )
    local.replace(local.with_name(f"{LOCAL_STATE}.moved"))


def _is_in_bucket(target: Target, text: str) -> bool:
    """Returns whether the bucket has this local state, a later version of it, or all its resources.

    A killed Terraform leaves an empty file, which can be lost, or a truncated one, which is kept.
    """
    try:
        local = json.loads(text or "{}")
    except ValueError:
        return False
    stored = _own_state(target)
    if stored and stored["lineage"] == local.get("lineage"):
        return bool(stored["serial"] >= local["serial"])
    # Older versions moved it by `init -migrate-state`, which gave it another lineage in the bucket.
    return _known(local) <= _known(stored)


def _known(state: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Returns the address and the id of every managed instance of a state."""
    return {(it.address, str(it.attributes.get("id"))) for it in instances(state)}


def _own_state(target: Target) -> dict[str, Any]:
    """Returns the backend's own state in the bucket, or an empty one."""
    stored = unless_absent(
        target.client("s3").get_object, Bucket=target.environment.state.bucket, Key=_backend_key()
    )
    state: dict[str, Any] = json.loads(stored["Body"].read()) if stored else {}
    return state


def _bucket(target: Target) -> str | None:
    name = target.environment.state.bucket
    try:
        found = unless_absent(target.client("s3").head_bucket, Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in FOREIGN:
            raise Problem(
                f"The state bucket {name} belongs to another account, or these credentials may not read it.",
                hint=f"Bucket names are globally unique: set state.bucket for {target.name} in envs/.",
            ) from error
        raise
    return None if found is None else name


def _put_state_if_absent(target: Target, key: str, state: bytes) -> None:
    """Writes a state into the bucket unless there is one."""
    try:
        target.client("s3").put_object(
            Bucket=target.environment.state.bucket,
            Key=key,
            Body=state,
            ContentType="application/json",
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise


def _object(target: Target, key: str) -> Any | None:
    return unless_absent(target.client("s3").head_object, Bucket=target.environment.state.bucket, Key=key)


def _table_status(target: Target) -> str | None:
    found = unless_absent(target.client("dynamodb").describe_table, TableName=target.environment.state.table)
    return found and str(found["Table"]["TableStatus"])


def _may_set_api_logging(target: Target) -> bool:
    """Returns whether the account has no role for API Gateway's logs in this region, or the one made here."""
    role = target.client("apigateway").get_account().get("cloudwatchRoleArn")
    return not role or str(role).endswith(f":role/{API_LOGGING_ROLE}")


def _api_role_exists(target: Target) -> bool:
    return unless_absent(target.client("iam").get_role, RoleName=API_LOGGING_ROLE) is not None
