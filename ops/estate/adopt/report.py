"""Report of what an adoption would do, as text and as JSON."""

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
from ops.estate.adopt.reconcile import TAG_LINES, Reconciliation, adoption_line, keep_attributes
from ops.terraform.states import Instance

MAX_PROPOSALS = 3  # stack resources proposed for one existing resource


@dataclass(frozen=True, slots=True)
class Report:
    """Represents the result of comparing an environment with an estate.

    `created` and `parts` are resources that the adoption and the deployment after it would create. `ignored`
    has messages about lines that Terraform ignores.
    """

    name: str
    flag: str
    source: str
    matches: Sequence[Match]
    adoptions: Sequence[Adoption]
    differences: Sequence[Reconciliation]
    allowed: Sequence[str]
    created: Sequence[str]
    parts: dict[str, str]
    ignored: Sequence[str]
    handover: Handover

    @property
    def clean(self) -> bool:
        """Returns True if the adoption can be deployed."""
        return not (self.differences or self.created or self.parts or self.ignored)

    @property
    def keeps(self) -> bool:
        """Returns True if a `keep` line can reconcile a difference."""
        return any(it.keeps for it in self.differences)

    def data(self) -> dict[str, Any]:
        """Returns the report as a JSON object."""
        return {
            "environment": self.name,
            "clean": self.clean,
            "resources": [
                {
                    "address": match.resource.address,
                    "state": match.state,
                    "id": match.id,
                    "from": match.instance.address if match.instance else None,
                    "how": match.how or None,
                    "candidates": [import_id(one) for one in match.candidates],
                }
                for match in sorted(self.matches, key=lambda it: it.resource.address)
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
                for it in self.differences
            ],
            "made": list(self.created),
            "parts": self.parts,
            "late": list(self.ignored),
            "mapping": [adoption_line(it) for it in self.adoptions],
            "removed": self.handover.removed(),
            "imports": self.handover.imports(),
        }

    def text(self) -> str:
        """Returns the report for a terminal."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        count = Counter(match.state for match in self.matches)
        yield (
            f"{self.name} in {self.source}: {count['found']} of our resources found, "
            f"{count['ambiguous']} ambiguous, {count['missing']} missing."
        )
        yield from self._found()
        yield from self._ambiguous()
        yield from self._missing()
        if self.ignored:
            yield "\nIgnored lines: the environment's state has another resource at their address"
        yield from (f"  {message}" for message in self.ignored)
        yield from self._differences()

    def _found(self) -> Iterator[str]:
        found = sorted((it for it in self.matches if it.instance), key=lambda it: it.resource.address)
        yield from ["\nFound"] if found else []
        for match in found:
            source = match.instance.address if match.instance and match.instance.address else "live"
            yield f"  {match.resource.address} = {match.id}"
            yield click.style(f"    {source} ({match.how})", dim=True)

    def _ambiguous(self) -> Iterator[str]:
        """Groups by existing resources, which are fewer than the candidates for them."""
        proposals: dict[str, tuple[Instance, list[str]]] = {}
        for match in self.matches:
            for one in match.candidates if not match.instance else ():
                proposals.setdefault(one.address, (one, []))[1].append(match.resource.address)
        if proposals:
            yield "\nAmbiguous: write the line that is right under [estate.adopt], then run this again."
        for address, (one, addresses) in sorted(proposals.items()):
            yield f"  {address} ({one.title})"
            for proposal in _most_similar(addresses, one):
                yield f"    {json.dumps(proposal)} = {json.dumps(import_id(one))}"

    def _missing(self) -> Iterator[str]:
        names_by_type: dict[str, list[str]] = defaultdict(list)
        for address in sorted(it.resource.address for it in self.matches if it.state == "missing"):
            kind, _, name = address.partition(".")
            names_by_type[kind].append(name)
        if names_by_type:
            ambiguous = any(match.state == "ambiguous" for match in self.matches)
            more = ". More may be found once the lines above are written" if ambiguous else ""
            yield f"\nMissing: created by the deployment after the adoption{more}"
        for kind, names in names_by_type.items():
            yield f"  {kind}"
            yield click.style(f"    {' '.join(names)}", dim=True)

    def _differences(self) -> Iterator[str]:
        if self.differences or self.created or self.parts:
            yield (
                "\nDifferences: what the adoption would change. It is refused until each has one of its "
                f"lines in envs/{self.name}.toml."
            )
        grouped: dict[str, list[Reconciliation]] = defaultdict(list)
        tagged = {it.difference.address for it in self.differences if it.lines == TAG_LINES}
        for it in self.differences:
            if it.lines != TAG_LINES:
                grouped[it.difference.address].append(it)
        adoptions = {it.address: it for it in self.adoptions}
        for address, differences in grouped.items():
            yield f"  {address}"
            for it in differences:
                mark = click.style("forces a replacement: ", fg="red") if it.difference.replaces else ""
                yield f"    {mark}{it.difference.shown}" + (f" ({it.why})" if it.why else "")
            yield from dict.fromkeys(f"      {line}" for it in differences for line in it.lines)
            if kept := [it.difference.attribute for it in differences if it.keeps]:
                yield f"      {adoption_line(keep_attributes(adoptions[address], *kept))}"
        if tagged:
            yield f"  {len(tagged)} resources would lose their tags to the tags of this stack"
            yield from (f"      {line}" for line in TAG_LINES)
        for address in self.created:
            yield f"  {address} would be created, because an adopted resource refers to it"
        for address, parent in sorted(self.parts.items()):
            yield f"  {address} is missing: the next deployment would add it to {parent}"
        names = [*(it.allow for it in self.differences if it.allow), *self.created, *sorted(self.parts)]
        if names and self.keeps:
            yield "  Write the lines above first. Then this command prints one `allow` line for differences"
            yield "  that remain and have no other line."
        elif names:
            yield "  Differences without another line may be allowed by name, in one list"
            yield f"      [estate] allow = {json.dumps([*self.allowed, *names])}"


STEPS = """Then, in this order; keep the blocks below, they are the way on and the way back
  1. Pull request here: envs/{name}.toml with [estate.adopt]. `payctl plan {name}{flag}` shows imports,
     the changes that you allowed, and nothing else; `payctl deploy {name}{flag}` applies it. Now both
     states have these resources: do not apply anything else in the old estate before step 2.
  2. Pull request in the old estate: delete the blocks of adopted resources and add the `removed` blocks. Its
     plan forgets and destroys nothing. A block that is deleted WITHOUT its `removed` block destroys its
     resource.{stays}
  3. `payctl deploy {name}{flag}` again creates the missing resources.

{removed}
The way back, in this order
  1. Old estate: restore the deleted blocks, replace the `removed` blocks by the `import` blocks, and apply.
     Its plan creates and destroys nothing; it reverts the changes that you allowed.
  2. Here: `payctl adopt {name}{flag} --release` forgets them and destroys nothing.
  3. Remove [estate.adopt] from envs/{name}.toml. `payctl destroy {name}{flag}` destroys the rest.

{imports}"""


def steps(report: Report) -> str:
    """Returns the steps of the two pull requests, the blocks for the old estate, and the way back."""
    stays = [
        f"\n     {one.address} stays and refers to {', '.join(blocks)}"
        for one, blocks in report.handover.referring
    ]
    change = "\n     Replace references to them first, by a data source or a plain value:" if stays else ""
    return STEPS.format(
        name=report.name,
        flag=report.flag,
        stays="".join([change, *stays]),
        removed=report.handover.removed(),
        imports=report.handover.imports(),
    )


def _most_similar(addresses: Iterable[str], one: Instance) -> list[str]:
    def similarity(address: str) -> float:
        return SequenceMatcher(None, _words(address), _words(f"{one.address} {one.title}")).ratio()

    return sorted(addresses, key=similarity, reverse=True)[:MAX_PROPOSALS]


def _words(text: str) -> str:
    """Returns the words of an address without type and hash, which do not describe its purpose."""
    plain = re.sub(r"aws_[a-z0-9_]+\.|_[0-9A-F]{8}$|\bthis\b|\bmodule\b", " ", text)
    return " ".join(re.findall("[A-Za-z][a-z]+", plain)).lower()
