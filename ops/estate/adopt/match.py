"""Matching of stack resources with existing resources, by evidence such as names and references only."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.estate.adoption import import_ids
from ops.estate.adopt.live import LiveResources
from ops.estate.adopt.stack_resources import Stack, StackResource
from ops.estate.adopt.templates import fill_template, first_value, template_attributes
from ops.terraform.states import Instance

GENERATED_BY_AWS = ("id", "arn", "url", "key_id", "allocation_id", "uuid", "security_group_rule_id")
IDENTIFIERS = ("arn", "id", "url", "key_id", "bucket", "name", "function_name")

type Rule = Callable[[StackResource, list[Instance]], list[Instance]]


@dataclass(frozen=True, slots=True)
class Match:
    """Represents the result for a stack resource: found (`instance`), ambiguous (`candidates`) or missing."""

    resource: StackResource
    instance: Instance | None
    how: str
    candidates: tuple[Instance, ...] = ()

    @property
    def id(self) -> str | None:
        return import_id(self.instance) if self.instance else None

    @property
    def state(self) -> str:
        return "found" if self.instance else "ambiguous" if self.candidates else "missing"


def import_id(instance: Instance) -> str | None:
    """Returns the id for `terraform import`, or None for a type that cannot be imported."""
    template = import_ids().get(instance.type, {}).get("id")
    return fill_template(template, instance.attributes) if template else None


class Matcher:
    """Matches the resources of a stack with those of an estate.

    `estate` has the instances of a Terraform state, or is None to search AWS only. AWS is also searched for
    parts of found resources that the state does not have. `ids` has the import ids of the environment file,
    by address.
    """

    def __init__(
        self, stack: Stack, estate: Iterable[Instance] | None, live: LiveResources, ids: Mapping[str, str]
    ) -> None:
        self._stack = stack
        self._estate = None if estate is None else list(estate)
        self._live = live
        self._ids = ids
        self._found: dict[str, tuple[Instance, str]] = {}

    def matches(self) -> list[Match]:
        """Returns a match for every stack resource that can be imported."""
        while self._accept_strongest():
            pass
        unresolved = [
            Match(it, None, "", tuple(self._candidates(it)) if self._estate is not None else ())
            for it in self._unmatched()
        ]
        return unresolved + [
            Match(self._stack.resources[address], instance, how)
            for address, (instance, how) in self._found.items()
        ]

    def _unmatched(self) -> list[StackResource]:
        return [
            resource
            for address, resource in self._stack.resources.items()
            if address not in self._found and "never" not in import_ids()[resource.type]
        ]

    def _accept_strongest(self) -> bool:
        """Accepts the matches of the strongest rule that has any. Returns False if no rule has one."""
        candidates = {it.address: self._candidates(it) for it in self._unmatched()}
        claims = Counter(_key(one) for instances in candidates.values() for one in instances)
        rules: tuple[tuple[str, Rule], ...] = (
            ("listed in the environment file", self._by_file),
            ("same name", self._by_name),
            ("part of a found resource", self._by_part),
            ("a found resource refers to it", self._by_reference),
            ("the only one", lambda resource, instances: self._by_only(resource, instances, claims)),
            ("listed in the environment file", self._by_id_alone),
        )
        for how, rule in rules:
            proposed = {
                resource.address: instances[0]
                for resource in self._unmatched()
                if len(instances := rule(resource, candidates[resource.address])) == 1
            }
            proposals = Counter(map(_key, proposed.values()))
            accepted = {a: (one, how) for a, one in proposed.items() if proposals[_key(one)] == 1}
            if accepted:
                self._found |= accepted
                return True
        return False

    def _candidates(self, resource: StackResource) -> list[Instance]:
        taken = {_key(instance) for instance, _ in self._found.values()}
        known = self._known(resource)
        instances: list[Instance] = []
        if self._estate is not None:
            instances = [
                it for it in self._estate if it.type == resource.type and self._agrees(resource, known, it)
            ]
        if not instances and (self._estate is None or self._parent(resource) is not None):
            found = self._live.candidates(resource.type, known)
            instances = [it for it in found if self._agrees(resource, known, it)]
        return [it for it in instances if import_id(it) and _key(it) not in taken]

    def _known(self, resource: StackResource) -> dict[str, Any]:
        attributes = {address: instance.attributes for address, (instance, _) in self._found.items()}
        defaults = import_ids()[resource.type].get("else", {})
        return {**defaults, **self._stack.attributes(resource, attributes)}

    def _parent(self, resource: StackResource) -> Instance | None:
        """Returns the found resource of which this one is a part, or None."""
        mentioned = resource.mentions(import_ids()[resource.type].get("part_of", ""))
        return next((self._found[address][0] for address in mentioned if address in self._found), None)

    def _agrees(self, resource: StackResource, known: Mapping[str, Any], one: Instance) -> bool:
        """Returns False if an attribute that must be equal differs. An unknown value never differs."""
        how = import_ids()[resource.type]
        free = (*_names(resource), *GENERATED_BY_AWS)
        required = [name for name in template_attributes(how["id"]) if name not in free]
        for name in (*required, *how.get("match", ())):
            value = first_value(name, known)
            if value is not None and str(one.attributes.get(name, value)) != str(value):
                return False
            # The attribute refers to a resource that is not found yet. A found parent is enough evidence.
            if value is None and resource.mentions(name) and self._parent(resource) is None:
                return False
        return True

    def _by_file(self, resource: StackResource, instances: list[Instance]) -> list[Instance]:
        every = instances if self._estate is None else [it for it in self._estate if it.type == resource.type]
        return [one for one in every if import_id(one) == self._ids.get(resource.address)]

    def _by_id_alone(self, resource: StackResource, _: list[Instance]) -> list[Instance]:
        """Trusts an import id of the environment file that neither the state nor AWS confirms."""
        id = self._ids.get(resource.address)
        if id is None:
            return []
        names = template_attributes(import_ids()[resource.type]["id"])
        return [Instance(resource.type, "", {**self._known(resource), **dict.fromkeys(names[:1], id)})]

    def _by_name(self, resource: StackResource, instances: list[Instance]) -> list[Instance]:
        known, names = self._known(resource), _names(resource)
        return [one for one in instances if _same(names, known, one)]

    def _by_part(self, resource: StackResource, instances: list[Instance]) -> list[Instance]:
        return instances if self._parent(resource) is not None and not _names(resource) else []

    def _by_reference(self, resource: StackResource, instances: list[Instance]) -> list[Instance]:
        """Returns instances to which a found resource refers in the attribute that refers to `resource`."""
        referred: dict[str, Instance] = {}
        for other, attribute in self._stack.referring(resource.address):
            if other.address in self._found and attribute != "policy":
                value = json.dumps(self._found[other.address][0].attributes.get(attribute))
                mentioned = {_key(one): one for one in instances if _mentioned(one, value)}
                referred |= mentioned if len(mentioned) == 1 else {}
        return list(referred.values())

    def _by_only(
        self, resource: StackResource, instances: list[Instance], claims: Counter[str]
    ) -> list[Instance]:
        if self._estate is None and (import_ids()[resource.type].get("through") or _names(resource)):
            return []  # AWS was searched by name, or for all resources of the account
        return [one for one in instances if len(instances) == 1 and claims[_key(one)] == 1]


def _key(instance: Instance) -> str:
    return f"{instance.type} {import_id(instance)}"


def _names(resource: StackResource) -> tuple[str, ...]:
    how = import_ids()[resource.type]
    return tuple(filter(None, (how.get("name"), *how.get("by", ()))))


def _same(names: tuple[str, ...], known: Mapping[str, Any], one: Instance) -> bool:
    pairs = ((first_value(it, known), first_value(it, one.attributes)) for it in names)
    return any(value is not None and value == other for value, other in pairs)


def _mentioned(one: Instance, text: str) -> bool:
    ids = {str(one.attributes.get(name) or "") for name in IDENTIFIERS}
    return any(f'{id}"' in text or f'"{id}\\"' in text for id in ids if id)
