"""Instances of a Terraform state, of `terraform show -json`, or of a Terraform root."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.errors import Problem
from ops.run import run
from ops.setup import toolchain

INSTANCE = re.compile(r"\[[^\]]*\]$")
HOW = (
    "Give a state of version 4, what `terraform show -json` prints, a folder with a Terraform root, or live."
)


@dataclass(frozen=True, slots=True)
class Instance:
    """Represents one instance of a resource. `address` is empty for a resource that only AWS lists."""

    type: str
    address: str
    attributes: Mapping[str, Any] = field(hash=False)
    needs: tuple[str, ...] = ()

    @property
    def resource(self) -> str:
        """Returns the address of its block, without the index of count or for_each."""
        return INSTANCE.sub("", self.address)

    @property
    def title(self) -> str:
        """Returns its name: the tag `Name`, a naming attribute, or the id."""
        tags = self.attributes.get("tags") or {}
        names = ("name", "bucket", "function_name", "alarm_name", "cidr_block", "id")
        found = tags.get("Name") or next((self.attributes[n] for n in names if self.attributes.get(n)), "")
        return str(found)


def read(source: str, variables: Mapping[str, str]) -> tuple[Instance, ...]:
    """Returns every managed instance of a source; raises Problem if it is no state."""
    place = Path(source)
    try:
        text = _pulled(place, variables) if place.is_dir() else place.read_text()
        document = json.loads(text)
    except OSError as error:
        raise Problem(f"{source} cannot be read: {error.strerror}.", hint=HOW) from None
    except ValueError:
        raise Problem(f"{source} is not JSON.", hint=HOW) from None
    if not isinstance(document, dict):
        raise Problem(f"{source} is no state of Terraform.", hint=HOW)
    if "values" in document:
        return tuple(_shown(document["values"].get("root_module", {})))
    if document.get("version") == 4:
        return tuple(instances(document))
    raise Problem(f"{source} is no state of Terraform, or one of another version than 4.", hint=HOW)


def _pulled(root: Path, variables: Mapping[str, str]) -> str:
    """Reads the state of a root in its own backend and workspace, with the caller's variables."""
    done = run(
        [toolchain.terraform(variables), f"-chdir={root}", "state", "pull"],
        env=variables,
        capture=True,
        hint=f"Initialize it first: terraform -chdir={root} init",
    )
    if not done.stdout.strip():
        raise Problem(f"The Terraform root {root} has no state.", hint=HOW)
    return done.stdout


def instances(state: Mapping[str, Any]) -> Iterator[Instance]:
    """Yields every managed instance of a state of version 4."""
    for resource in state.get("resources", []):
        if resource.get("mode") != "managed":
            continue
        block = f"{resource['type']}.{resource['name']}"
        if module := resource.get("module"):
            block = f"{module}.{block}"
        for instance in resource["instances"]:
            if "deposed" not in instance:
                key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                needs = tuple(instance.get("dependencies", ()))
                yield Instance(resource["type"], block + key, instance["attributes"], needs)


def _shown(module: dict[str, Any]) -> Iterator[Instance]:
    for resource in module.get("resources", []):
        if resource.get("mode") == "managed" and "deposed_key" not in resource:
            needs = tuple(resource.get("depends_on", ()))
            yield Instance(resource["type"], resource["address"], resource["values"], needs)
    for child in module.get("child_modules", []):
        yield from _shown(child)
