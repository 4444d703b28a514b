"""Metadata of a synthesized stack (`cdk.tf.json`): construct paths and accepted findings of Checkov."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.review.plan.reading import load

FILE = "cdk.tf.json"
PRIMARY = ("Resource", "Default")
HASH = re.compile(r"(?<=.)_[0-9A-F]{8}$")  # of the construct path, which CDKTF appends to a name


def notes(folder: Path | None) -> Mapping[str, Mapping[str, Any]]:
    """Returns the `//` object of each resource, by address; empty without a synthesized stack."""
    file = folder / FILE if folder else None
    if file is None or not file.exists():
        return {}
    return {
        f"{kind}.{name}": body.get("//", {})
        for kind, named in (load(file).get("resource") or {}).items()
        for name, body in named.items()
    }


def paths(found: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
    """Returns the construct path within the stack, by address."""
    whole = {address: note.get("metadata", {}).get("path", "") for address, note in found.items()}
    return {address: path.partition("/")[2] for address, path in whole.items() if path}


def accepted(found: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, str]]:
    """Returns the reasons of accepted findings by address and check (constructs_lib/aws/checkov.py)."""
    return {address: note["accepted"] for address, note in found.items() if "accepted" in note}


def construct(path: str, address: str) -> str:
    """Returns a short name: the path without the last `Resource`, or the name in the address."""
    if path:
        above, _, last = path.rpartition("/")
        return above if last in PRIMARY and above else path
    head, bracket, key = address.rpartition("/")[2].partition("[")
    return HASH.sub("", head.rpartition(".")[2]) + bracket + key
