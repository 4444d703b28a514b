"""What is known about resource types, attributes and findings: `knowledge.toml`."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.review.report import Kind, Verdict

FILE = Path(__file__).with_name("knowledge.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """One line of [types]; the file says what each field means."""

    keeps: str = ""
    what: str = ""
    guards: tuple[str, ...] = ()
    path: bool = False
    owns: bool = False
    shield: tuple[str, ...] = ()
    costs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakening:
    """One attribute of [[weakened]]."""

    rule: str
    when: str
    type: str
    attribute: str
    says: str
    values: tuple[Any, ...] = ()
    born: bool = False
    beside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where a type says who may come in."""

    type: str
    list: str
    group: str
    only: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An attribute that holds a policy."""

    type: str
    attribute: str
    kind: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """An attribute that repeats what another resource sets."""

    of: str
    type: str
    by: str
    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMark:
    """An attribute that is marked as secret and is none, where others have one of these values."""

    type: str
    attribute: str
    only: Mapping[str, Sequence[str]]

    def holds(self, tree: Any) -> bool:
        """Whether nothing in the tree says otherwise."""
        if not isinstance(tree, dict):
            return tree is None
        return all(tree.get(name) in values for name, values in self.only.items())


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """The file, typed."""

    rules: Mapping[str, Verdict]
    types: Mapping[str, Type]
    weakened: Mapping[str, tuple[Weakening, ...]]
    doors: tuple[Doors, ...]
    door_addresses: frozenset[str]
    door_others: frozenset[str]
    policies: tuple[Policy, ...]
    everything: frozenset[str]
    mirrors: tuple[Mirror, ...]
    open_marks: tuple[OpenMark, ...]
    names: Mapping[str, frozenset[str]]
    unlimited: Mapping[str, int]

    @functools.cached_property
    def policy_places(self) -> frozenset[tuple[str, str]]:
        return frozenset((policy.type, policy.attribute) for policy in self.policies)

    def type(self, name: str) -> Type:
        """What is known of a type; nothing at all of one that the file does not have."""
        return self.types.get(name, NOTHING)

    def is_computed(self, type_: str, attribute: str) -> bool:
        """Whether AWS or the provider decides, unless the code says something itself."""
        place = f"{type_}.{attribute}"
        return place not in self.names["watched"] and not self.names["computed"].isdisjoint(
            {attribute, place}
        )

    def kind(self, rule: str) -> Kind:
        return KINDS[rule.partition("/")[0]]


NOTHING = Type()
KINDS = {kind.key: kind for kind in Kind}


@functools.cache
def knowledge(path: Path = FILE) -> Knowledge:
    """Read the file, once."""
    found = tomllib.loads(path.read_text())
    attributes = found["attributes"]
    weakened: dict[str, tuple[Weakening, ...]] = {}
    for group in found["weakened"]:
        for type_, attribute, says in group["each"]:
            one = Weakening(
                rule=group["rule"],
                when=group["when"],
                type=type_,
                attribute=attribute,
                says=says,
                values=tuple(group.get("values", ())),
                born=group.get("born", False),
                beside=group.get("beside", ""),
            )
            weakened[type_] = (*weakened.get(type_, ()), one)
    return Knowledge(
        rules={rule: Verdict[name] for rule, name in found["rules"].items()},
        types={name: _type(line) for name, line in found["types"].items()},
        weakened=weakened,
        doors=tuple(Doors(**each) for each in found["doors"]),
        door_addresses=frozenset(found["door_sources"]["addresses"]),
        door_others=frozenset(found["door_sources"]["others"]),
        policies=tuple(
            Policy(type=place.partition(".")[0], attribute=place.partition(".")[2], **rest)
            for place, rest in found["policies"].items()
        ),
        everything=frozenset(found["managed_policies"]["everything"]),
        mirrors=tuple(
            Mirror(**{**each, "match": {key: tuple(of) for key, of in each.get("match", {}).items()}})
            for each in found["mirrors"]
        ),
        open_marks=tuple(OpenMark(**each) for each in found["open_although_marked"]),
        names={name: frozenset(listed) for name, listed in attributes.items() if isinstance(listed, list)},
        unlimited=attributes["unlimited"],
    )


def _type(line: Mapping[str, Any]) -> Type:
    fields: dict[str, Any] = {
        name: tuple(each) if isinstance(each, list) else each for name, each in line.items()
    }
    return Type(**fields)
