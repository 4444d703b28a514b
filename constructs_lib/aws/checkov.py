"""Accepted findings of Checkov, each with its reason."""

from cdktf import TerraformResource


def accept(resource: TerraformResource, **reasons: str) -> None:
    """Accepts checks of one resource: `CKV_AWS_18="reason"`.

    The synthesized JSON has them under `//`, which Terraform ignores.
    """
    resource.add_override("//.accepted", reasons)
