"""AWS clients: low-level ones only, created once while the function starts."""

from typing import Any

import boto3
import botocore.config

# The SDK would wait 60 s for an answer, longer than a function lives: three tries of 5 s end before
# API Gateway gives up on the caller, at 29 s.
_CONFIG = botocore.config.Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
)


def client(service: str, *, read_timeout: int | None = None) -> Any:
    """A client of the environment's region, credentials and endpoint; longer for who polls, in seconds."""
    longer = botocore.config.Config(read_timeout=read_timeout) if read_timeout else None
    return boto3.client(service, config=_CONFIG.merge(longer) if longer else _CONFIG)
