"""AWS clients: low-level ones only, created once while the function starts."""

from typing import Any

import boto3
import botocore.config

# Three tries within a second or two fit into every function's time-out; the SDK's own default of 60 s for a
# read would outlive it.
_CONFIG = botocore.config.Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
)


def client(service: str) -> Any:
    """A client of the environment's region, credentials and endpoint."""
    return boto3.client(service, config=_CONFIG)
