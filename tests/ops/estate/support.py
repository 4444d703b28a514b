"""A small stack, and instances of an estate."""

from __future__ import annotations

from typing import Any

from ops.estate.adopt.live import LiveResources
from ops.estate.adopt.stack_resources import Stack
from ops.terraform.states import Instance

CONSTANTS = {"region": "eu-west-1", "account": "000000000000", "partition": "aws"}


def stack(**kinds: dict[str, dict[str, Any]]) -> Stack:
    """Builds a stack, for example from `aws_sqs_queue={"Q": {…}}`."""
    return Stack({"resource": kinds}, CONSTANTS)


def instance(address: str, **attributes: Any) -> Instance:
    """Builds an instance at an address of the estate."""
    kind = next(part for part in address.split(".") if part.startswith("aws_"))
    return Instance(kind, address, attributes)


def unused_client(service: str) -> Any:
    """Fails if AWS is called."""
    raise AssertionError(service)


NO_AWS = LiveResources(unused_client)
