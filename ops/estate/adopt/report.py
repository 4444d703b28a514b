"""What an adoption would do, for a person and for a program."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import click

from constructs_lib.settings.estate import Adoption
from ops.estate.adopt.handover import Handover
from ops.estate.adopt.match import Match, import_id
from ops.estate.adopt.settle import TAG_LINES, Settled, keep, line
from ops.progress import coloured
from ops.terraform.states import Instance

LIKELIEST = 3  # of ours, for one thing of the estate


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found out about an environment and an estate."""

    name: str
    flag: str
    source: str
    matches: Sequence[Match]
    adoptions: Sequence[Adoption]
    settled: Sequence[Settled]
    allowed: Sequence[str]
    made: Sequence[str]
    parts: dict[str, str]
    late: Sequence[str]
    handover: Handover

    @property
    def clean(self) -> bool:
        """Whether the adoption can be deployed as it is."""
        return not (self.settled or self.made or self.parts or self.late)

    @property
    def keeps(self) -> bool:
        """Whether something that differs may also stay as it is."""
        return any(it.keeps for it in self.settled)

    def counted(self) -> Counter[str]:
        return Counter(match.state for match in self.matches)

    def data(self) -> dict[str, Any]:
        """For a program."""
        return {
            "environment": self.name,
            "clean": self.clean,
            "resources": [
                {
                    "address": match.ours.address,
                    "state": match.state,
                    "id": match.id,
                    "from": match.instance.address if match.instance else None,
                    "how": match.how or None,
                    "candidates": [import_id(one) for one in match.candidates],
                }
                for match in sorted(self.matches, key=lambda it: it.ours.address)
            ],
            "differences": [
                {
                    "address": it.difference.address,
                    "attribute": it.difference.attribute,
                    "shown": it.difference.shown,
                    "replaces": it.difference.replaces,
                    "settle": list(it.lines),
                    "keep": it.keeps,
                    "allow": it.allow or None,
                    "why": it.why or None,
                }
                for it in self.settled
            ],
            "made": list(self.made),
            "parts": self.parts,
            "late": list(self.late),
            "mapping": [line(it) for it in self.adoptions],
            "removed": self.handover.removed(),
            "imports": self.handover.imports(),
        }

    def text(self) -> str:
        """For a person."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        counted = self.counted()
        yield (
            f"{self.name} in {self.source}: {counted['found']} of our resources found, "
            f"{counted['ambiguous']} ambiguous, {counted['missing']} missing."
        )
        yield from self._found()
        yield from self._unclear()
        yield from self._missing()
        yield from self._late()
        yield from self._differences()

    def _found(self) -> Iterator[str]:
        found = sorted((it for it in self.matches if it.instance), key=lambda it: it.ours.address)
        yield from ["", "Found"] if found else []
        for match in found:
            whence = match.instance.address if match.instance and match.instance.address else "live"
            yield f"  {match.ours.address} = {match.id}"
            yield _dim(f"    {whence} ({match.how})")

    def _unclear(self) -> Iterator[str]:
        """From the side of the estate: there are fewer."""
        wanted: dict[str, list[str]] = defaultdict(list)
        things: dict[str, Instance] = {}
        for match in self.matches:
            for one in match.candidates if not match.instance else ():
                wanted[one.address].append(match.ours.address)
                things[one.address] = one
        if wanted:
            yield ""
            yield "Which is which? Write the line that is true under [estate.adopt], then run this again."
        for address, ours in sorted(wanted.items()):
            yield f"  {address} ({things[address].title})"
            for own in _likeliest(ours, things[address]):
                yield f"    {json.dumps(own)} = {json.dumps(import_id(things[address]))}"

    def _missing(self) -> Iterator[str]:
        """Every one, a line for each type."""
        named: dict[str, list[str]] = defaultdict(list)
        for address in sorted(match.ours.address for match in self.matches if match.state == "missing"):
            kind, _, name = address.partition(".")
            named[kind].append(name)
        if named:
            yield ""
            asked = any(match.candidates for match in self.matches if not match.instance)
            yield "Missing: made by the deployment after the adoption" + asked * (
                ". More may be found once the lines above are written"
            )
        for kind, names in named.items():
            yield f"  {kind}"
            yield _dim(f"    {' '.join(names)}")

    def _late(self) -> Iterator[str]:
        if self.late:
            yield ""
            yield "Too late: the environment is deployed and has something else there"
        yield from (f"  {sentence}" for sentence in self.late)

    def _differences(self) -> Iterator[str]:
        if self.settled or self.made or self.parts:
            yield ""
            yield (
                "Differences: what the adoption would change. It is refused until each has one of its lines "
                f"in envs/{self.name}.toml."
            )
        grouped: dict[str, list[Settled]] = defaultdict(list)
        for it in self.settled:
            grouped[it.difference.address].append(it)
        known = {it.address: it for it in self.adoptions}
        for address, every in grouped.items():
            each = [it for it in every if it.lines != TAG_LINES]
            if not each:
                continue
            yield f"  {address}"
            for it in each:
                mark = _red("forces a replacement: ") if it.difference.replaces else ""
                yield f"    {mark}{it.difference.shown}" + (f" ({it.why})" if it.why else "")
            yield from dict.fromkeys(f"      {said}" for it in each for said in it.lines)
            if kept := [it.difference.attribute for it in each if it.keeps]:
                yield f"      {keep(known[address], *kept)}"
        if tagged := {it.difference.address for it in self.settled if it.lines == TAG_LINES}:
            yield f"  {len(tagged)} resources would get our tags in place of theirs"
            yield from (f"      {said}" for said in TAG_LINES)
        for address in self.made:
            yield f"  {address} would be made, because something that is adopted refers to it"
        for address, parent in sorted(self.parts.items()):
            yield f"  {address} is missing: the next deployment would add it to {parent}"
        named = [*(it.allow for it in self.settled if it.allow), *self.made, *sorted(self.parts)]
        if named and self.keeps:
            yield "  What has no other line ends with those above, or may be allowed by its name after them:"
            yield "  this prints the list then."
        elif named:
            yield "  What has no other line may be allowed by its name, in one list"
            yield f"      [estate] allow = {json.dumps([*self.allowed, *named])}"


STEPS = """Then, in this order; keep the blocks below, they are the way on and the way back
  1. Pull request here: envs/{name}.toml with [estate.adopt]. `payctl plan {name}{flag}` shows imports,
     what you allowed, and nothing else; `payctl deploy {name}{flag}` applies it. Now both states know
     these things: apply the old one for nothing else before step 2.
  2. Pull request in the old estate: delete the blocks of what was adopted and add the `removed` blocks. Its
     plan forgets and destroys nothing. A block that goes WITHOUT its `removed` block destroys it.{stays}
  3. `payctl deploy {name}{flag}` again makes what is missing.

{removed}
The way back, in this order
  1. Old estate: put the deleted blocks back, replace the `removed` blocks by the `import` blocks, and apply.
     Its plan makes and destroys nothing; it changes back what you allowed.
  2. Here: `payctl adopt {name}{flag} --release` forgets them and destroys nothing.
  3. Take [estate.adopt] out of envs/{name}.toml. `payctl destroy {name}{flag}` ends the rest.

{imports}"""


def steps(report: Report) -> str:
    """The two pull requests, the blocks and the way back."""
    stays = [
        f"\n     {one.address} stays and refers to {', '.join(blocks)}"
        for one, blocks in report.handover.referring
    ]
    change = "\n     Change first what refers to them, to a data source or a plain value:" if stays else ""
    return STEPS.format(
        name=report.name,
        flag=report.flag,
        stays="".join([change, *stays]),
        removed=report.handover.removed(),
        imports=report.handover.imports(),
    )


def _likeliest(ours: Iterable[str], thing: Instance) -> list[str]:
    def alike(address: str) -> float:
        return SequenceMatcher(None, _words(address), _words(f"{thing.address} {thing.title}")).ratio()

    return sorted(ours, key=alike, reverse=True)[:LIKELIEST]


def _words(text: str) -> str:
    """Without a type and a hash, which say nothing of what a thing is for."""
    plain = re.sub(r"aws_[a-z0-9_]+\.|_[0-9A-F]{8}$|\bthis\b|\bmodule\b", " ", text)
    return " ".join(re.findall("[A-Za-z][a-z]+", plain)).lower()


def _red(text: str) -> str:
    return click.style(text, fg="red") if coloured() else text


def _dim(text: str) -> str:
    return click.style(text, dim=True) if coloured() else text
