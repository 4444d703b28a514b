"""The other side of an adoption: what the old estate has to say, in which order, and the way back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from constructs_lib.estate.adoption import import_ids
from ops.estate.adopt.ids import filled
from ops.estate.adopt.match import import_id
from ops.terraform.states import Instance

REMOVED = "removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
NO_NAME = re.compile(r"[^A-Za-z0-9_]+")
KEYS = re.compile(r"\[[^\]]*\]")
IDENTIFIERS = ("arn", "id", "url", "key_id")


@dataclass(frozen=True, slots=True)
class Handover:
    """`forgotten` leave the old estate; `split` are instances whose block has others that stay there."""

    forgotten: tuple[Instance, ...]
    split: tuple[Instance, ...]
    referring: tuple[tuple[Instance, tuple[str, ...]], ...]

    def removed(self) -> str:
        """Blocks for the old estate.

        Terraform takes no instance keys in `removed`: one instance of several is moved to a name of its own
        first, and that one is removed.
        """
        moves = {one.address: f"{one.type}.{NO_NAME.sub('_', one.address).strip('_')}" for one in self.split}
        leaving = sorted({block(one.address) for one in self.forgotten} | set(moves.values()))
        return "\n".join(
            [
                *(f"moved {{\n  from = {old}\n  to   = {new}\n}}\n" for old, new in sorted(moves.items())),
                *(REMOVED.format(address=address) for address in leaving),
            ]
        )

    def imports(self) -> str:
        """Blocks with which the old estate takes everything back."""
        return "\n".join(
            f"import {{\n  to = {one.address}\n  id = {json.dumps(import_id(one))}\n}}\n"
            for one in sorted((*self.forgotten, *self.split), key=lambda it: it.address)
        )


def block(address: str) -> str:
    """The address of a block in the configuration: of no instance."""
    return KEYS.sub("", address)


def handover(estate: Iterable[Instance], adopted: Iterable[Instance]) -> Handover:
    """`adopted` are the instances of the estate that are ours from now on."""
    every = list(estate)
    going = [one for one in adopted if one.address]
    told = {value for one in going for value in _identifiers(one)}
    going += [one for one in every if _within(one, told)]
    leaving = {one.address for one in going}
    staying = [one for one in every if one.address not in leaving]
    shared = {block(one.address) for one in staying}
    blocks = {block(one.address) for one in going}
    referring = (
        (one, tuple(sorted(blocks & {block(need) for need in one.needs})))
        for one in staying
        if blocks & {block(need) for need in one.needs}
    )
    return Handover(
        forgotten=tuple(one for one in going if block(one.address) not in shared),
        split=tuple(one for one in going if block(one.address) in shared),
        referring=tuple(referring),
    )


def _identifiers(one: Instance) -> Iterator[str]:
    yield from (str(one.attributes[name]) for name in IDENTIFIERS if one.attributes.get(name))


def _within(one: Instance, told: set[str]) -> bool:
    """Whether it is a setting of something that is handed over, which that thing's resource says itself."""
    named = import_ids().get(one.type, {}).get("within")
    return bool(named) and filled(f"{{{named}}}", one.attributes) in told
