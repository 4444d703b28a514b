"""Resources in an environment's own state, and lines of [estate.adopt] that Terraform ignores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from constructs_lib.settings.estate import Adoption
from ops.estate.adopt.match import IDENTIFIERS, import_id
from ops.estate.adopt.templates import first_value
from ops.estate.caller import call_unless_missing
from ops.target import Target
from ops.terraform import backend
from ops.terraform.states import Instance, instances


def resources_in_state(target: Target) -> Mapping[str, Instance]:
    """Returns the resources of a target's state by address, or none before the first deployment.

    IAM: s3:GetObject on the state.
    """
    bucket, key = target.environment.state.bucket, backend.workspace_key(target.name)
    s3 = target.client("s3")
    found = call_unless_missing(s3.get_object, "NoSuchBucket", "NoSuchKey", Bucket=bucket, Key=key)
    return {it.address: it for it in instances(json.loads(found["Body"].read()))} if found else {}


def ignored_lines(name: str, adoptions: Iterable[Adoption], in_state: Mapping[str, Instance]) -> list[str]:
    """Returns a message for each adoption whose address is another resource in the state already."""
    return [
        f"{it.address} is {import_id(one)} in the state of {name} already, so Terraform ignores the line "
        f"with {it.id}: remove it from [estate.adopt], or adopt with an environment that is not deployed."
        for it in adoptions
        if (one := in_state.get(it.address)) and it.id not in _import_ids(one)
    ]


def _import_ids(one: Instance) -> set[str]:
    """Returns all ids of a resource: some types can be imported by several of them."""
    return {str(first_value(name, one.attributes)) for name in IDENTIFIERS} | {str(import_id(one))}
