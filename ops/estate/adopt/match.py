"""Which thing of the estate is which of ours: by names, by what refers to what, never by a guess."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.estate.adoption import import_ids
from ops.estate.adopt.ids import attributes_of, filled, first
from ops.estate.adopt.live import Live
from ops.estate.adopt.ours import Ours, Stack
from ops.terraform.states import Instance

GIVEN_BY_AWS = ("id", "arn", "url", "key_id", "allocation_id", "uuid", "security_group_rule_id")
IDENTIFIERS = ("arn", "id", "url", "key_id", "bucket", "name", "function_name")


@dataclass(frozen=True, slots=True)
class Match:
    """One of ours: found as `instance`, or `candidates` among which nothing decides, or neither: missing."""

    ours: Ours
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
    """How `terraform import` calls it; None for what is never imported."""
    template = import_ids().get(instance.type, {}).get("id")
    return filled(template, instance.attributes) if template else None


class Matcher:
    """`estate` is what a state told; `live` is asked for parts that no state told of, or for everything."""

    def __init__(
        self, stack: Stack, estate: Iterable[Instance] | None, live: Live, said: Mapping[str, str]
    ) -> None:
        """`said`: import ids that the environment file has already, by our address."""
        self._stack = stack
        self._estate = None if estate is None else list(estate)
        self._live = live
        self._said = said
        self._found: dict[str, tuple[Instance, str]] = {}

    def matches(self) -> list[Match]:
        """Every resource of ours that can be imported."""
        while self._round():
            pass
        return [self._match(ours) for ours in self._open()] + [
            Match(self._stack.resources[address], instance, how)
            for address, (instance, how) in self._found.items()
        ]

    def _open(self) -> list[Ours]:
        return [
            ours
            for address, ours in self._stack.resources.items()
            if address not in self._found and "never" not in import_ids()[ours.type]
        ]

    def _match(self, ours: Ours) -> Match:
        return Match(ours, None, "", tuple(self._candidates(ours)) if self._estate is not None else ())

    def _round(self) -> bool:
        """Accept what the strongest evidence tells; whether there was any."""
        candidates = {ours.address: self._candidates(ours) for ours in self._open()}
        rivals = Counter(self._key(one) for listed in candidates.values() for one in listed)
        rules: tuple[tuple[str, Callable[[Ours, list[Instance]], list[Instance]]], ...] = (
            ("the environment file says so", self._by_file),
            ("same name", self._by_name),
            ("part of what is found", self._by_part),
            ("what is found refers to it", self._by_mention),
            ("the only one", lambda ours, listed: self._by_only(ours, listed, rivals)),
            ("the environment file says so", self._by_word),
        )
        for how, rule in rules:
            proposed = {
                ours.address: one
                for ours in self._open()
                for one in _only(rule(ours, candidates[ours.address]))
            }
            claims = Counter(map(self._key, proposed.values()))
            accepted = {a: (one, how) for a, one in proposed.items() if claims[self._key(one)] == 1}
            if accepted:
                self._found |= accepted
                return True
        return False

    def _key(self, instance: Instance) -> str:
        return f"{instance.type} {import_id(instance)}"

    def _candidates(self, ours: Ours) -> list[Instance]:
        taken = {self._key(instance) for instance, _ in self._found.values()}
        known = self._known(ours)
        listed: list[Instance] = []
        if self._estate is not None:
            listed = [one for one in self._estate if one.type == ours.type and self._agrees(ours, known, one)]
        if not listed and (self._estate is None or self._parent(ours) is not None):
            listed = [
                one for one in self._live.candidates(ours.type, known) if self._agrees(ours, known, one)
            ]
        return [one for one in listed if import_id(one) and self._key(one) not in taken]

    def _known(self, ours: Ours) -> dict[str, Any]:
        attributes = {address: instance.attributes for address, (instance, _) in self._found.items()}
        return {**import_ids()[ours.type].get("else", {}), **self._stack.attributes(ours, attributes)}

    def _parent(self, ours: Ours) -> Instance | None:
        """What it is a part of, if that is found."""
        mentioned = ours.mentions(import_ids()[ours.type].get("part_of", ""))
        return next((self._found[address][0] for address in mentioned if address in self._found), None)

    def _agrees(self, ours: Ours, known: Mapping[str, Any], one: Instance) -> bool:
        """Whether nothing that has to be equal differs; what one side does not say cannot."""
        how = import_ids()[ours.type]
        places = [name for name in attributes_of(how["id"]) if name not in (*_names(ours), *GIVEN_BY_AWS)]
        for place in (*places, *how.get("match", ())):
            ours_says = first(place, known)
            if ours_says is not None and str(one.attributes.get(place, ours_says)) != str(ours_says):
                return False
            # It belongs to something that is not found (yet); a part of what is found is told by that alone.
            if ours_says is None and ours.mentions(place) and self._parent(ours) is None:
                return False
        return True

    def _by_file(self, ours: Ours, listed: list[Instance]) -> list[Instance]:
        every = listed if self._estate is None else [one for one in self._estate if one.type == ours.type]
        return [one for one in every if import_id(one) == self._said.get(ours.address)]

    def _by_word(self, ours: Ours, _: list[Instance]) -> list[Instance]:
        """What nothing else tells of: of which no more is known than its id, where that is one attribute."""
        said, places = self._said.get(ours.address), attributes_of(import_ids()[ours.type]["id"])
        if said is None:
            return []
        return [Instance(ours.type, "", {**self._known(ours), **dict.fromkeys(places[:1], said)})]

    def _by_name(self, ours: Ours, listed: list[Instance]) -> list[Instance]:
        known = self._known(ours)
        return [one for one in listed for places in [_names(ours)] if places and _same(places, known, one)]

    def _by_part(self, ours: Ours, listed: list[Instance]) -> list[Instance]:
        return listed if self._parent(ours) is not None and not _names(ours) else []

    def _by_mention(self, ours: Ours, listed: list[Instance]) -> list[Instance]:
        """Those that something found names in the very attribute in which ours names this one."""
        named: dict[str, Instance] = {}
        for other, attribute in self._stack.referring(ours.address):
            if other.address in self._found and attribute != "policy":
                said = json.dumps(self._found[other.address][0].attributes.get(attribute))
                ids = {self._key(one): one for one in listed if _mentioned(one, said)}
                named |= ids if len(ids) == 1 else {}
        return list(named.values())

    def _by_only(self, ours: Ours, listed: list[Instance], rivals: Counter[str]) -> list[Instance]:
        how = import_ids()[ours.type]
        if self._estate is None and (how.get("through") or _names(ours)):
            return []  # AWS was asked by name, or for all that an account has
        return [one for one in listed if len(listed) == 1 and rivals[self._key(one)] == 1]


def _only(listed: list[Instance]) -> list[Instance]:
    return listed if len(listed) == 1 else []


def _names(ours: Ours) -> tuple[str, ...]:
    how = import_ids()[ours.type]
    return tuple(filter(None, (how.get("name"), *how.get("by", ()))))


def _same(places: tuple[str, ...], known: Mapping[str, Any], one: Instance) -> bool:
    return any(first(p, known) is not None and first(p, known) == first(p, one.attributes) for p in places)


def _mentioned(one: Instance, text: str) -> bool:
    told = {str(one.attributes.get(name) or "") for name in IDENTIFIERS}
    return any(f'"{name}"' in text or f'"{name}\\"' in text or f'{name}"' in text for name in told if name)
