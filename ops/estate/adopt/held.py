"""What an environment's own state has already: an import of anything else at the same address is ignored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from botocore.exceptions import ClientError

from constructs_lib.settings.estate import Adoption
from ops.estate.adopt.ids import first
from ops.estate.adopt.match import IDENTIFIERS, import_id
from ops.target import Target
from ops.terraform import backend
from ops.terraform.states import Instance, instances

ABSENT = frozenset({"NoSuchBucket", "NoSuchKey"})


def held(target: Target) -> Mapping[str, Instance]:
    """By address; empty where nothing is deployed yet. IAM: s3:GetObject on the state."""
    key = backend.workspace_key(target.name)
    try:
        found = target.client("s3").get_object(Bucket=target.environment.state.bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ABSENT:
            raise
        return {}
    return {one.address: one for one in instances(json.loads(found["Body"].read()))}


def late(name: str, adoptions: Iterable[Adoption], known: Mapping[str, Instance]) -> list[str]:
    """A sentence for each that comes too late: its address is something else in the state."""
    return [
        f"{it.address} is {import_id(one)} in the state of {name} already, so Terraform ignores the line "
        f"that says {it.id}: take it out of [estate.adopt], or adopt by an environment that is not deployed."
        for it in adoptions
        if (one := known.get(it.address)) and it.id not in _ids(one)
    ]


def _ids(one: Instance) -> set[str]:
    """Some types are imported by more than one of their names."""
    return {str(first(name, one.attributes)) for name in IDENTIFIERS} | {str(import_id(one))}
