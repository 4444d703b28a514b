"""Names of adopted resources: what constructs know of imports before the first resource exists."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import TerraformResource, TerraformStack

CONTEXT = "adopted"


def announce(stack: TerraformStack, names: Mapping[str, str]) -> None:
    """Records which addresses are adopted, each with its name in AWS or "". Call it before any construct."""
    stack.node.set_context(CONTEXT, dict(names))


def is_adopted(resource: TerraformResource) -> bool:
    return address(resource) in (resource.node.try_get_context(CONTEXT) or {})


def name_of(resource: TerraformResource, default: str) -> str:
    """Returns the resource's name in AWS, for ARNs that are built before it can be referred to."""
    adopted: dict[str, str] = resource.node.try_get_context(CONTEXT) or {}
    return adopted.get(address(resource)) or default


def address(resource: TerraformResource) -> str:
    """Returns the resource's Terraform address, such as `aws_sqs_queue.Queue_4A7E3555`."""
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"
