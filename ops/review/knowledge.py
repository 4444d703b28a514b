"""Facts about resource types, attributes and rules, read from `knowledge.toml`."""

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.review.verdict import Kind, Verdict

FILE = Path(__file__).with_name("knowledge.toml")
KINDS = {kind.key: kind for kind in Kind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """Represents one line of [types]; the file explains the fields."""

    stores: str = ""
    contents: str = ""
    guards: Sequence[str] = ()
    payment_path: bool = False
    parent: bool = False
    protection: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """Represents one attribute of [[regressions]]."""

    rule: str
    when: str
    type: str
    attribute: str
    message: str
    values: Sequence[Any] = ()
    on_create: bool = False
    unless_new_parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressRules:
    """Represents the ingress rules of a resource type."""

    type: str
    list: str
    group: str
    only: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Represents an attribute that contains a policy."""

    type: str
    attribute: str
    kind: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedAttribute:
    """Represents an attribute that repeats values of another resource."""

    attribute: str
    source: str
    parent: str
    match: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseSensitive:
    """Represents an attribute that is marked as sensitive and is public where others have these values."""

    type: str
    attribute: str
    when: Mapping[str, Sequence[str]]

    def is_public(self, tree: Any) -> bool:
        """Returns whether the values in the tree prove it; an absent tree does too."""
        if not isinstance(tree, dict):
            return tree is None
        return all(tree.get(name) in values for name, values in self.when.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Represents the whole file."""

    rules: Mapping[str, Verdict]
    types: Mapping[str, Type]
    regressions: Mapping[str, Sequence[Regression]]
    ingress_rules: Sequence[IngressRules]
    ingress_sources: Sequence[str]
    policies: Sequence[Policy]
    everything: frozenset[str]
    derived_attributes: Sequence[DerivedAttribute]
    false_sensitive: Sequence[FalseSensitive]
    names: Mapping[str, frozenset[str]]
    unlimited: Mapping[str, int]

    def type(self, name: str) -> Type:
        """Returns the facts about a type; an empty Type when the file does not list it."""
        return self.types.get(name, Type())

    def is_computed(self, type_: str, attribute: str) -> bool:
        """Returns whether AWS or the provider sets the attribute unless the code does."""
        place = f"{type_}.{attribute}"
        computed = self.names["computed"]
        return place not in self.names["operator_controlled"] and (attribute in computed or place in computed)

    def kind(self, rule: str) -> Kind:
        """Returns the heading of a rule."""
        return KINDS[rule.partition("/")[0]]


@functools.cache
def knowledge(path: Path = FILE) -> Knowledge:
    """Reads the file, once."""
    found = tomllib.loads(path.read_text())
    attributes = found["attributes"]
    regressions: dict[str, list[Regression]] = {}
    for group in found["regressions"]:
        shared = {name: value for name, value in group.items() if name != "each"}
        for type_, attribute, message in group["each"]:
            regression = Regression(type=type_, attribute=attribute, message=message, **shared)
            regressions.setdefault(type_, []).append(regression)
    return Knowledge(
        rules={rule: Verdict[name] for rule, name in found["rules"].items()},
        types={name: Type(**line) for name, line in found["types"].items()},
        regressions=regressions,
        ingress_rules=[IngressRules(**each) for each in found["ingress_rules"]],
        ingress_sources=found["ingress_sources"]["attributes"],
        policies=[
            Policy(type=place.partition(".")[0], attribute=place.partition(".")[2], **rest)
            for place, rest in found["policies"].items()
        ],
        everything=frozenset(found["managed_policies"]["everything"]),
        derived_attributes=[DerivedAttribute(**each) for each in found["derived_attributes"]],
        false_sensitive=[FalseSensitive(**each) for each in found["false_sensitive"]],
        names={name: frozenset(listed) for name, listed in attributes.items() if isinstance(listed, list)},
        unlimited=attributes["unlimited"],
    )
