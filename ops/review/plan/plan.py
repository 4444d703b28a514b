"""A plan as the judges see it: parsed, its secrets already replaced by keyed hashes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

type Steps = tuple[str | int, ...]


class Hidden(NamedTuple):
    """Stands where a secret stood: two are equal exactly when the secrets were."""

    digest: str

    def __str__(self) -> str:
        return f"secret #{self.digest}"


class Unknown(NamedTuple):
    """Stands where a value is known only after the apply."""

    def __str__(self) -> str:
        return "known after apply"


UNKNOWN = Unknown()


class Action(StrEnum):
    """What happens to a resource, whatever the order of its steps."""

    NO_OP = "no-op"
    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DESTROY = "destroy"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of `resource_changes` or `resource_drift`.

    `before`, `after`: JSON trees whose leaves may be `Hidden` or `UNKNOWN`; None where there is nothing.
    `path`: of the construct within its stack, "" when no synthesized stack knows the address.
    `deposed`: the key of an instance that an interrupted replacement left behind.
    """

    address: str
    type: str
    actions: tuple[str, ...]
    before: Any = None
    after: Any = None
    replace_paths: tuple[Steps, ...] = ()
    reason: str = ""
    import_id: str = ""
    previous_address: str = ""
    deposed: str = ""
    managed: bool = True
    path: str = ""

    @property
    def action(self) -> Action:
        """Create beside `delete` is a replacement; beside `forget` it is not: the old one stays."""
        if "delete" in self.actions:
            return Action.REPLACE if "create" in self.actions else Action.DESTROY
        first = self.actions[0] if self.actions else "no-op"
        return Action(first)

    @property
    def destroys(self) -> bool:
        return "delete" in self.actions

    @property
    def creates(self) -> bool:
        return "create" in self.actions

    @property
    def forgets(self) -> bool:
        return "forget" in self.actions

    @property
    def moves(self) -> bool:
        return bool(self.previous_address) and self.previous_address != self.address

    @property
    def imports(self) -> bool:
        return bool(self.import_id)

    @property
    def does_something(self) -> bool:
        """Whether a person would call it a change; a read of a data source is none."""
        return self.managed and (self.action is not Action.NO_OP or self.moves or self.imports)


@dataclass(frozen=True, slots=True)
class OutputChange:
    """A changed output; its value is never kept."""

    name: str
    action: Action
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A `check` block, precondition or postcondition that did not pass; `status` is Terraform's word."""

    address: str
    status: str
    messages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One environment's plan.

    `name`: of the environment. `references`: what each resource's configuration refers to, by address without
    index; `configured`: the attributes that it sets. `accounts`: the AWS accounts it works in, as far as it
    says. `complete`, `errored`: Terraform's words about the plan as a whole.
    `timestamp`: when it was made, which `plantimestamp()` puts into values.
    """

    name: str
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    checks: tuple[Check, ...] = ()
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)
    configured: Mapping[str, frozenset[str]] = field(default_factory=dict)
    accounts: frozenset[str] = frozenset()
    complete: bool = True
    errored: bool = False
    terraform: str = ""
    timestamp: str = ""

    @functools.cached_property
    def by_address(self) -> Mapping[str, Change]:
        return {change.address: change for change in self.changes if not change.deposed}

    def sets(self, change: Change, attribute: str, *, unsure: bool = True) -> bool:
        """Whether the configuration sets an attribute; `unsure` where there is no configuration."""
        names = self.configured.get(unindexed(change.address))
        return unsure if names is None else attribute in names


def unindexed(address: str) -> str:
    """The address of the configuration of an instance: without `[0]` or `["key"]`, also of its modules."""
    out, depth, quoted = [], 0, False
    for before, letter in zip(" " + address, address, strict=False):
        if letter == '"' and before != "\\" and depth:
            quoted = not quoted
        depth += (letter == "[" and not quoted) - (letter == "]" and not quoted)
        if not depth and letter != "]":
            out.append(letter)
    return "".join(out)
