"""A small stack of ours, and things of an estate."""

from __future__ import annotations

from typing import Any

from ops.estate.adopt.live import Live
from ops.estate.adopt.ours import Stack
from ops.terraform.states import Instance

PLACE = {"region": "eu-west-1", "account": "000000000000", "partition": "aws"}


def stack(**kinds: dict[str, dict[str, Any]]) -> Stack:
    """`aws_sqs_queue={"Q": {…}}`."""
    return Stack({"resource": kinds}, PLACE)


def thing(address: str, **attributes: Any) -> Instance:
    """An instance at an address of the estate."""
    kind = next(part for part in address.split(".") if part.startswith("aws_"))
    return Instance(kind, address, attributes)


def nobody(service: str) -> Any:
    """No AWS is asked."""
    raise AssertionError(service)


NOWHERE = Live(nobody)
