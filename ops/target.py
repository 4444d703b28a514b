"""The target of a command: an environment in an account or in local AWS."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.settings.environments import EnvironmentErrors, load
from constructs_lib.settings.schema import Environment
from ops import checkout
from ops.errors import NEEDS_PERSON, Problem
from ops.setup import toolchain

LOCAL_ACCOUNT = "000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Represents an environment, and the environment variables of programs that work on it."""

    environment: Environment
    variables: Mapping[str, str]
    local: bool

    @property
    def name(self) -> str:
        return self.environment.name

    @property
    def scope(self) -> str:
        """Returns the folder name that separates data of local AWS from that of an account."""
        return "local" if self.local else "aws"

    @property
    def flag(self) -> str:
        """Returns the option that a printed command needs for this target."""
        return " --local" if self.local else ""

    @property
    def stack_folder(self) -> Path:
        return checkout.stack_folder(self.name)

    def client(self, service: str) -> Any:
        """Returns a boto3 client; raises Problem without credentials."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")
        return _client(service, self.environment.aws.region, *map(self.variables.get, names))


@functools.cache  # a client takes a tenth of a second to make
def _client(
    service: str, region: str, key: str | None, secret: str | None, token: str | None, endpoint: str | None
) -> Any:
    import boto3
    from botocore.config import Config

    session = boto3.Session(
        aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token, region_name=region
    )
    if session.get_credentials() is None:
        raise Problem(
            "There are no AWS credentials.",
            hint="Sign in (`aws sso login`, AWS_PROFILE or AWS_ACCESS_KEY_ID), or add --local.",
            code=NEEDS_PERSON,
        )
    return session.client(
        service,
        endpoint_url=endpoint,
        config=Config(retries={"mode": "standard"}, connect_timeout=10, read_timeout=60),
    )


def read(name: str) -> Environment:
    """Returns the settings of an environment; raises one Problem with all their errors."""
    try:
        return load(name)
    except EnvironmentErrors as errors:
        raise Problem(str(errors), hint="Nothing was written.") from errors


def resolve_target(name: str, *, local: bool) -> Target:
    """Returns the target of a command; with `local`, starts local AWS if it does not run."""
    environment = read(name)
    variables = toolchain.environment()
    if local:
        from ops.local import engine

        running = engine.start(checkout.ROOT)
        variables |= engine.environment(
            running, environment.aws.account or LOCAL_ACCOUNT, environment.aws.region
        )
    return Target(environment=environment, variables=variables, local=local)
