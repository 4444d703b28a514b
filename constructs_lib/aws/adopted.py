"""Names of adopted resources, known to constructs before they create resources."""

from collections.abc import Mapping

from cdktf import TerraformResource, TerraformStack

CONTEXT = "adopted"


def announce(stack: TerraformStack, names: Mapping[str, str]) -> None:
    """Records adopted resources: their names in AWS, or "", by address. Call it before any construct."""
    stack.node.set_context(CONTEXT, dict(names))


def is_adopted(resource: TerraformResource) -> bool:
    return address(resource) in (resource.node.try_get_context(CONTEXT) or {})


def name_of(resource: TerraformResource, default: str) -> str:
    """Returns the resource's name in AWS, for ARNs that cannot refer to the resource."""
    adopted: dict[str, str] = resource.node.try_get_context(CONTEXT) or {}
    return adopted.get(address(resource)) or default


def address(resource: TerraformResource) -> str:
    """Returns the resource's Terraform address, such as `aws_sqs_queue.Queue_4A7E3555`."""
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"
