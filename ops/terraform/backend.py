"""The state backend: bucket, lock table and workspace, created or repaired."""

from __future__ import annotations

import fcntl
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.settings.environment import Environment
from constructs_lib.settings.environments import names
from constructs_lib.state.state_layout import API_LOGGING_ROLE, BACKEND_STACK, PREFIX, pin, state_key
from ops import checkout
from ops.errors import NEEDS_PERSON, Problem
from ops.progress import Waiting, say
from ops.run import run
from ops.setup import toolchain
from ops.target import Target, read
from ops.target import target as target_of
from ops.terraform import locks, terraform

MISSING = frozenset({"404", "NoSuchBucket", "NoSuchKey", "NotFound", "ResourceNotFoundException"})
FOREIGN = frozenset({"403", "AccessDenied", "301"})


def command(words: Sequence[str], *, local: bool, yes: bool) -> int:
    """`backend ENV` or `backend unlock ENV`."""
    match tuple(words):
        case ("unlock", name):
            return locks.unlock(target_of(name, local=local), workspace_key(name), yes=yes)
        case (name,):
            place = target_of(name, local=local)
            ensure(place)
            say(
                f"State of {name}: s3://{place.environment.state.bucket}/{workspace_key(name)}, "
                f"locked in table {place.environment.state.table}."
            )
            return 0
    raise Problem("Name one environment.", hint="./payctl backend dev", code=NEEDS_PERSON)


def ensure(target: Target) -> None:
    """Create or repair everything; safe to repeat, and to run again after it was killed at any point."""
    folder = _folder(target)
    with _one_at_a_time(folder):
        if _object(target, _backend_key()) is None:
            _synthesize(target, folder, in_itself=False)
            _apply(target, folder)
            _synthesize(target, folder, in_itself=True)
            _move_state(target, folder)
        else:
            _synthesize(target, folder, in_itself=True)
            _apply(target, folder)
    ensure_workspace(target)


def ensure_workspace(target: Target) -> None:
    """Create the environment's workspace as Terraform would: an empty state at its place."""
    empty = {
        "version": 4,
        "terraform_version": ".".join(map(str, toolchain.terraform_version(toolchain.terraform()))),
        "serial": 0,
        "lineage": str(uuid.uuid4()),
        "outputs": {},
        "resources": [],
    }
    try:
        target.client("s3").put_object(
            Bucket=target.environment.state.bucket,
            Key=workspace_key(target.name),
            Body=json.dumps(empty).encode(),
            ContentType="application/json",
            IfNoneMatch="*",  # never over a state that is there
        )
    except ClientError as error:
        if _code(error) != "PreconditionFailed":
            raise


def ready(target: Target) -> bool:
    """Whether a stack can be planned now: the bucket and the table are there."""
    return _bucket(target) is not None and _table_status(target) == "ACTIVE"


def complete(target: Target) -> bool:
    """Whether `ensure` has come to its end once: its own state is in the bucket."""
    return ready(target) and _object(target, _backend_key()) is not None


def require(target: Target) -> None:
    """Problem when there is no backend."""
    if not ready(target):
        raise Problem(
            f"The state bucket {target.environment.state.bucket} or the lock table "
            f"{target.environment.state.table} does not exist.",
            hint=f"Create both: ./payctl backend {target.name}{target.flag}",
        )


def workspace_key(environment: str) -> str:
    """Where the bucket holds an environment's state."""
    return f"{PREFIX}/{environment}/{state_key(f'payments-{environment}')}"


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """A killed `up` leaves its backend to be finished: the next one waits for that."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _backend_key() -> str:
    return state_key(BACKEND_STACK)  # in workspace `default`, whose states have no prefix


def _folder(target: Target) -> Path:
    return checkout.state_folder() / "backend" / target.place / target.environment.state.bucket


def _synthesize(target: Target, folder: Path, *, in_itself: bool) -> None:
    with Waiting("synthesize the state backend"):
        from cdktf import App

        from constructs_lib.state.state_backend import StateBackendStack

        app = App(outdir=str(folder))
        StateBackendStack(
            app,
            aws=target.environment.aws,
            state=target.environment.state,
            in_itself=in_itself,
            existing_bucket=None if in_itself else _bucket(target),
            existing_table=target.environment.state.table
            if not in_itself and _table_status(target)
            else None,
            environments=_with_state_here(target),
        )
        app.synth()
        pin(folder / "stacks" / BACKEND_STACK, workspace="default")


def _with_state_here(target: Target) -> list[Environment]:
    """Every environment of envs/ whose state lies in this backend: what is in it belongs to all of them."""
    place = (target.environment.aws, target.environment.state)
    return [it for it in map(read, names()) if (it.aws, it.state) == place]


def _apply(target: Target, folder: Path) -> None:
    stack = folder / "stacks" / BACKEND_STACK
    plan = stack / "backend.tfplan"
    terraform.init(stack, target.variables)
    if terraform.plan(stack, target.variables, out=plan, show=False):
        terraform.apply(stack, plan, target.variables)
    plan.unlink(missing_ok=True)


def _move_state(target: Target, folder: Path) -> None:
    with Waiting("move the backend's own state into the bucket"):
        run(
            [
                toolchain.terraform(target.variables),
                f"-chdir={folder / 'stacks' / BACKEND_STACK}",
                "init",
                "-input=false",
                "-migrate-state",
                "-force-copy",
            ],
            env=target.variables,
            capture=True,
        )


def _bucket(target: Target) -> str | None:
    name = target.environment.state.bucket
    try:
        target.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if _code(error) in MISSING:
            return None
        if _code(error) in FOREIGN:
            raise Problem(
                f"The state bucket {name} belongs to somebody else, or these credentials may not see it.",
                hint=f"Bucket names are unique in the world: set state.bucket for {target.name} in envs/.",
            ) from error
        raise
    return name


def _object(target: Target, key: str) -> Any | None:
    try:
        return target.client("s3").head_object(Bucket=target.environment.state.bucket, Key=key)
    except ClientError as error:
        if _code(error) in MISSING:
            return None
        raise


def _table_status(target: Target) -> str | None:
    try:
        table = target.client("dynamodb").describe_table(TableName=target.environment.state.table)
    except ClientError as error:
        if _code(error) in MISSING:
            return None
        raise
    return str(table["Table"]["TableStatus"])


def _api_logging_is_ours(target: Target) -> bool:
    """Whether API Gateway's role for logs is ours to set: nobody has set one, or we have."""
    role = target.client("apigateway").get_account().get("cloudwatchRoleArn")
    return not role or str(role).endswith(f":role/{API_LOGGING_ROLE}")


def _api_role_exists(target: Target) -> bool:
    try:
        target.client("iam").get_role(RoleName=API_LOGGING_ROLE)
    except ClientError as error:
        if _code(error) == "NoSuchEntity":
            return False
        raise
    return True


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
