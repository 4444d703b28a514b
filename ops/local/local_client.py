"""Clients of the emulator itself, for actions that AWS performs on its own: as root or as a service role."""

import functools
import os
from typing import Any

import boto3
from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import get_account_id, get_region


def client(service: str, role: str = "") -> Any:
    """Returns a client in the caller's account and region, with root credentials unless `role` is an ARN."""
    return _client(service, role, get_account_id(), get_region())


def endpoint() -> str:
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"


@functools.cache
def _client(service: str, role: str, account: str, region: str) -> Any:
    keys = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"]}
    if role:
        arn = f"arn:aws:lambda:{region}:{account}:function:local"
        keys = execution_credentials({"FunctionArn": arn, "FunctionName": "local", "Role": role})
    named = {name.lower(): value for name, value in keys.items()}
    return boto3.Session().client(service, region_name=region, endpoint_url=endpoint(), **named)
