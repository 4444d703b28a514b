"""Findings of Checkov that are accepted, each beside its resource and with its reason."""

from __future__ import annotations

from cdktf import TerraformResource


def accept(resource: TerraformResource, **reasons: str) -> None:
    """Accept checks by their ids (`CKV_AWS_18="why"`) on this one resource.

    They stand in the synthesized JSON under `//`, which Terraform ignores and `payctl check` reads.
    """
    resource.add_override("//.accepted", reasons)
