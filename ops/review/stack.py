"""A synthesized stack: the paths of its constructs, from the metadata in `cdk.tf.json`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ops.review.reading import load

FILE = "cdk.tf.json"
PRIMARY = ("Resource", "Default")


def paths(folder: Path | None) -> Mapping[str, str]:
    """Path within the stack, by address; empty where there is no synthesized stack."""
    file = folder / FILE if folder else None
    if file is None or not file.exists():
        return {}
    found: dict[str, str] = {}
    for kind, named in (load(file).get("resource") or {}).items():
        for name, body in named.items():
            metadata = body.get("//", {}).get("metadata", {})
            if "path" in metadata:
                found[f"{kind}.{name}"] = metadata["path"].partition("/")[2]
    return found


def construct(path: str, address: str) -> str:
    """What a person calls it: the path without the last `Resource`, or the name in the address.

    CDKTF ends names with eight hexadecimal digits of a hash of the path.
    """
    if path:
        above, _, last = path.rpartition("/")
        return above if last in PRIMARY and above else path
    name = address.rpartition("/")[2]
    head, _, tail = name.partition("[")
    label = head.rpartition(".")[2]
    stem, _, digits = label.rpartition("_")
    hashed = stem and len(digits) == 8 and all(letter in "0123456789ABCDEF" for letter in digits)
    return (stem if hashed else label) + (f"[{tail}" if tail else "")
