"""Terraform blocks with which the old estate releases adopted resources or imports them again."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from constructs_lib.estate.adoption import import_ids
from ops.estate.adopt.match import import_id
from ops.estate.adopt.templates import fill_template
from ops.review.plan.plan import unindexed
from ops.terraform.states import Instance

REMOVED = "removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]+")
IDENTIFIERS = ("arn", "id", "url", "key_id")


@dataclass(frozen=True, slots=True)
class Handover:
    """Represents the instances that leave the old estate.

    All instances of a block leave with `whole`. Instances in `split` leave a block of which others stay.
    `referring` are instances that stay, with the blocks to which they refer and that leave.
    """

    whole: tuple[Instance, ...]
    split: tuple[Instance, ...]
    referring: tuple[tuple[Instance, tuple[str, ...]], ...]

    def removed(self) -> str:
        """Returns `removed` blocks for the old estate.

        `removed` takes no instance keys, so one instance of several is moved to an address of its own first.
        """
        moves = {
            one.address: f"{one.type}.{NOT_IN_NAMES.sub('_', one.address).strip('_')}" for one in self.split
        }
        leaving = sorted({unindexed(one.address) for one in self.whole} | set(moves.values()))
        return "\n".join(
            [
                *(f"moved {{\n  from = {old}\n  to   = {new}\n}}\n" for old, new in sorted(moves.items())),
                *(REMOVED.format(address=address) for address in leaving),
            ]
        )

    def imports(self) -> str:
        """Returns `import` blocks with which the old estate manages all instances again."""
        return "\n".join(
            f"import {{\n  to = {one.address}\n  id = {json.dumps(import_id(one))}\n}}\n"
            for one in sorted((*self.whole, *self.split), key=lambda it: it.address)
        )


def handover(estate: Iterable[Instance], adopted: Iterable[Instance]) -> Handover:
    """Splits the estate into instances that leave, because they are in `adopted`, and those that stay."""
    every = list(estate)
    leaving = [one for one in adopted if one.address]
    identifiers = {str(one.attributes[n]) for one in leaving for n in IDENTIFIERS if one.attributes.get(n)}
    leaving += [one for one in every if _is_setting_of(one, identifiers)]
    addresses = {one.address for one in leaving}
    staying = [one for one in every if one.address not in addresses]
    kept_blocks = {unindexed(one.address) for one in staying}
    left_blocks = {unindexed(one.address) for one in leaving}
    needed = ((one, tuple(sorted(left_blocks & {unindexed(it) for it in one.needs}))) for one in staying)
    return Handover(
        whole=tuple(one for one in leaving if unindexed(one.address) not in kept_blocks),
        split=tuple(one for one in leaving if unindexed(one.address) in kept_blocks),
        referring=tuple((one, blocks) for one, blocks in needed if blocks),
    )


def _is_setting_of(one: Instance, identifiers: set[str]) -> bool:
    """Returns True if an instance configures a leaving resource, which the stack configures inline."""
    parent = import_ids().get(one.type, {}).get("within")
    return bool(parent) and fill_template(f"{{{parent}}}", one.attributes) in identifiers
