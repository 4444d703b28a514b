"""Imports and moves of a stack: what exists is managed from now on, and never made again."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from cdktf import TerraformResource, TerraformStack

from constructs_lib.aws import adopted
from constructs_lib.aws.adopted import address
from constructs_lib.estate.protection import KEPT
from constructs_lib.settings.estate import Adoption, EstateSettings, Tags

IMPORT_IDS = Path(__file__).with_name("import_ids.toml")
# Type: arguments that keep it from being deleted, by whomever.
PROTECTED: dict[str, dict[str, Any]] = {
    "aws_dynamodb_table": {"deletion_protection_enabled": True},
    "aws_s3_bucket": {"force_destroy": False},
}


@cache
def import_ids() -> Mapping[str, Mapping[str, Any]]:
    """How each type is imported: the table in import_ids.toml."""
    return tomllib.loads(IMPORT_IDS.read_text())


def announce(stack: TerraformStack, estate: EstateSettings) -> None:
    """Tell constructs what is adopted; call it before there are any."""
    adopted.announce(stack, {it.address: it.name or "" for it in estate.adopt})


def adopt(stack: TerraformStack, estate: EstateSettings) -> Iterator[str]:
    """Import and move what the estate names; call it last. Yields what is wrong with the names."""
    if not (estate.adopt or estate.move):
        return  # addresses cost two questions to jsii each
    resources = {address(node): node for node in stack.node.find_all() if isinstance(node, TerraformResource)}
    for verb, listed in (("adopt", estate.adopt), ("move", estate.move)):
        for one in listed:
            if one.address not in resources:
                near = get_close_matches(one.address, resources, n=1)
                meant = f"; did you mean {near[0]}?" if near else ""
                yield f'estate.{verb}."{one.address}": no such resource{meant}'
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
    for argument, value in PROTECTED.get(kind, {}).items():
        resource.add_override(argument, value)
    if kind in KEPT:
        resource.add_override("lifecycle.prevent_destroy", True)
    kept = list(adoption.keep)
    if tags is Tags.KEEP:
        # Where a type has `tags_all` for reading only, Terraform warns of ignoring it.
        kept += [name for name in ("tags", "tags_all") if hasattr(type(resource), f"{name}_input")]
    for argument in set(adoption.keep) - set(import_ids()[kind].get("unread", ())):
        # What our configuration does not say, it needs nothing for: no role, key or queue has to exist.
        if reset := getattr(resource, f"reset_{argument}", None):
            reset()
    ignored = resource.lifecycle.ignore_changes or () if resource.lifecycle else ()
    if new := [name for name in dict.fromkeys(kept) if name not in ignored]:
        resource.add_override("lifecycle.ignore_changes", new)  # is added to those that there are
