"""Imports and moves: the stack manages existing resources instead of creating them."""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from cdktf import TerraformResource, TerraformStack

from constructs_lib.aws import adopted
from constructs_lib.aws.adopted import address
from constructs_lib.estate.protection import PREVENT_DESTROY
from constructs_lib.settings.estate import Adoption, EstateSettings, Tags

IMPORT_IDS = Path(__file__).with_name("import_ids.toml")
# Arguments that protect an adopted resource of a type from deletion.
DELETION_PROTECTION: dict[str, dict[str, Any]] = {
    "aws_dynamodb_table": {"deletion_protection_enabled": True},
    "aws_s3_bucket": {"force_destroy": False},
}


@cache
def import_ids() -> Mapping[str, Mapping[str, Any]]:
    """Returns the import rules of each resource type (import_ids.toml)."""
    return tomllib.loads(IMPORT_IDS.read_text())


def announce(stack: TerraformStack, estate: EstateSettings) -> None:
    """Registers adopted resources; call it before any construct is created."""
    adopted.announce(stack, {it.address: it.name or "" for it in estate.adopt})


def adopt(stack: TerraformStack, estate: EstateSettings) -> Iterator[str]:
    """Imports and moves resources; call it last. Yields problems with their addresses."""
    if not (estate.adopt or estate.move):
        return  # each address costs two calls to jsii
    resources = {address(node): node for node in stack.node.find_all() if isinstance(node, TerraformResource)}
    for verb, entries in (("adopt", estate.adopt), ("move", estate.move)):
        for one in entries:
            if one.address not in resources:
                near = get_close_matches(one.address, resources, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield f'estate.{verb}."{one.address}": no such resource{hint}'
    known = [it for it in estate.adopt if it.address in resources]
    for it in known:
        resource = resources[it.address]
        if never := import_ids()[resource.terraform_resource_type].get("never"):
            yield f'estate.adopt."{it.address}": {never}'
        _manage(resource, it, estate.tags)
    if known:
        stack.add_override("import", [{"to": it.address, "id": it.id} for it in known])
    if estate.move:
        stack.add_override("moved", [{"from": it.previous, "to": it.address} for it in estate.move])


def _manage(resource: TerraformResource, adoption: Adoption, tags: Tags) -> None:
    kind = resource.terraform_resource_type
    if adoption.name:
        resource.add_override(import_ids()[kind].get("name", "name"), adoption.name)
    for argument, value in DELETION_PROTECTION.get(kind, {}).items():
        resource.add_override(argument, value)
    if kind in PREVENT_DESTROY:
        resource.add_override("lifecycle.prevent_destroy", True)
    ignored = list(adoption.keep)
    if tags is Tags.KEEP:
        # Terraform warns if a read-only `tags_all` is ignored.
        ignored += [name for name in ("tags", "tags_all") if hasattr(type(resource), f"{name}_input")]
    for argument in set(adoption.keep) - set(import_ids()[kind].get("unread", ())):
        # The argument is removed from the configuration, so no role, key or queue has to exist for it.
        if reset := getattr(resource, f"reset_{argument}", None):
            reset()
    already = resource.lifecycle.ignore_changes or () if resource.lifecycle else ()
    if new := [name for name in dict.fromkeys(ignored) if name not in already]:
        resource.add_override("lifecycle.ignore_changes", new)  # cdktf appends them
