"""A parsed plan, with keyed hashes in place of its secrets."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

INSTANCE_KEY = re.compile(r'\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\]')

type Steps = tuple[str | int, ...]


class Hidden(NamedTuple):
    """Represents a secret by its keyed hash: two are equal exactly when the secrets are."""

    digest: str

    def __str__(self) -> str:
        return f"secret #{self.digest}"


class Unknown(NamedTuple):
    """Represents a value that is known only after the apply."""

    def __str__(self) -> str:
        return "known after apply"


UNKNOWN = Unknown()


class Action(StrEnum):
    """Represents the change of a resource, whatever the order of its steps."""

    NO_OP = "no-op"
    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DESTROY = "destroy"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Represents one entry of `resource_changes` or `resource_drift`.

    `before`, `after`: JSON trees whose leaves may be `Hidden` or `UNKNOWN`; None without a resource.
    `path`: of the construct within its stack, "" without a synthesized stack.
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
        """Returns the action: create with `delete` is a replacement, with `forget` a creation."""
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
        """Returns whether it removes the resource from the state only."""
        return "forget" in self.actions

    @property
    def moves(self) -> bool:
        return bool(self.previous_address) and self.previous_address != self.address

    @property
    def imports(self) -> bool:
        return bool(self.import_id)

    @property
    def does_something(self) -> bool:
        """Returns whether it is a change to report; a read of a data source is none."""
        return self.managed and (self.action is not Action.NO_OP or self.moves or self.imports)


@dataclass(frozen=True, slots=True)
class OutputChange:
    """Represents a changed output, without its value."""

    name: str
    action: Action
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Check:
    """Represents a failed check, precondition or postcondition; `status`: fail or error."""

    address: str
    status: str
    messages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Represents the plan of one environment.

    `references`: the addresses that each resource's configuration refers to, by address without index.
    `configured`: the attributes that it sets. `accounts`: ids of AWS accounts that the plan mentions.
    `complete`, `errored`: Terraform's flags of the whole plan. `timestamp`: the time of the plan, which
    `plantimestamp()` writes into values.
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
        """Returns the changes by address, without deposed instances."""
        return {change.address: change for change in self.changes if not change.deposed}

    def sets(self, change: Change, attribute: str, *, unsure: bool = True) -> bool:
        """Returns whether the configuration sets an attribute; `unsure` without a configuration."""
        names = self.configured.get(unindexed(change.address))
        return unsure if names is None else attribute in names


def unindexed(address: str) -> str:
    """Returns an instance's address in the configuration: without `[0]` or `["key"]`, also of its modules."""
    return INSTANCE_KEY.sub("", address)
