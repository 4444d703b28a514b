"""AWS clients: low-level ones, created once while the function starts."""

from typing import Any

import boto3
import botocore.config

# The SDK waits 60 s for an answer by default, longer than a function runs. Three attempts of 5 s end before
# the time-out of API Gateway, 29 s.
_CONFIG = botocore.config.Config(
    connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


def client(service: str, *, read_timeout: int | None = None) -> Any:
    """Returns a client of the environment's region; `read_timeout` is in seconds, longer for long polling."""
    longer = botocore.config.Config(read_timeout=read_timeout) if read_timeout else None
    return boto3.client(service, config=_CONFIG.merge(longer) if longer else _CONFIG)
