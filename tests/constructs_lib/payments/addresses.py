"""Terraform addresses of all resources of the environments, compared with addresses.json.

`python -m tests.constructs_lib.payments.addresses` writes the file after an intended change.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import load
from tests.apps import app

FILE = Path(__file__).with_name("addresses.json")
ENVIRONMENTS = ("dev", "staging", "prod")


def addresses(environment: str) -> dict[str, str]:
    """Returns the type of each resource of an environment by its Terraform address."""
    from cdktf import Testing  # after constructs_lib, which installs the fast loading of cdktf

    stack = PaymentStack(app(), load(environment), variables={})
    made: dict[str, Any] = json.loads(Testing.synth(stack, True))["resource"]
    return {f"{kind}.{id}": kind for kind in made for id in made[kind]}


def recorded(environment: str) -> dict[str, str]:
    """Returns the same from the file: what all environments have, and what this one has besides."""
    file = json.loads(FILE.read_text(encoding="utf-8"))
    lists = [file["all"], *(file[group] for group in file if environment in group.split())]
    return {address: address.partition(".")[0] for each in lists for address in each}


def _record() -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    found = {name: addresses(name) for name in ENVIRONMENTS}
    for address in sorted(set().union(*found.values())):
        having = [name for name in ENVIRONMENTS if address in found[name]]
        groups["all" if len(having) == len(ENVIRONMENTS) else " ".join(having)].append(address)
    return json.dumps(groups, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(_record(), encoding="utf-8")
