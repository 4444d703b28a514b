"""Clients of local AWS and types of its fixtures."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from ops.local import engine

ACCOUNT = "111122223333"
Clients = Callable[[str], Any]
Functions = Callable[[str, str, str], str]
Forms = Callable[..., str]
Roles = Callable[[str, str], str]


def allow(*actions: str, resource: str = "*") -> str:
    """Returns a policy with one Allow statement."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": resource}}
    )


def clients(running: engine.Running, *keys: str) -> Clients:
    """Returns clients without retries. `keys` are access key, secret key and optionally a session token."""

    @functools.cache
    def client(service: str) -> Any:
        return boto3.Session(*keys, region_name=engine.REGION).client(
            service, endpoint_url=running.endpoint, config=Config(retries={"total_max_attempts": 1})
        )

    return client


def eventually[Found](look: Callable[[], Found], seconds: float = 10) -> Found:
    """Repeats `look` until it returns a true value or time is up. Returns its last value."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
