"""The planted changes: edits of the base stack, and the expected findings of a review."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.review.report import Review

FOLDER = Path(__file__).parent
BASE = FOLDER / "base"
PLANS = FOLDER / "plans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Represents a file of cases/; `outside`: AWS calls before the plan, each with its undo."""

    name: str
    what: str
    expect: Mapping[str, Any]
    edit: Sequence[Mapping[str, str]] = ()
    rename: Sequence[Mapping[str, str]] = ()
    remove: Sequence[str] = ()
    append: str = ""
    outside: Sequence[Mapping[str, Any]] = ()
    refresh: bool = False
    plan: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plan", PLANS / f"{self.name}.json")

    def code(self) -> str:
        """The base with the change made to it; every part of it has to fit once."""
        text = (BASE / "main.tf").read_text()
        for address in self.remove:
            text = _replaced(text, _block(text, address), "")
        for each in self.edit:
            text = _replaced(text, each["old"], each["new"])
        for each in self.rename:
            kind, old, new = *each["from"].split("."), each["to"].partition(".")[2]
            text = _replaced(text, f'resource "{kind}" "{old}"', f'resource "{kind}" "{new}"')
            text = re.sub(rf"\b{kind}\.{old}\b", f"{kind}.{new}", text)
        return text + self.append


def planted() -> list[Planted]:
    """Returns all cases, by name."""
    return [_read(path) for path in sorted((FOLDER / "cases").glob("*.toml"))]


def found(review: Review) -> list[str]:
    """Returns the findings of a review in the form of `expect.findings`."""
    return sorted(
        f"{finding.rule} {address}"
        for block in review.blocks
        for finding in block.findings
        for address in finding.addresses
    )


def check(case: Planted, review: Review) -> None:
    """Asserts that a review has the expected findings, under their headings, and no others."""
    assert found(review) == sorted(case.expect.get("findings", []))
    for block in review.blocks:
        assert {finding.rule.partition("/")[0] for finding in block.findings} == {block.kind.key}
    assert review.verdict.name == case.expect["verdict"]
    assert {name: number for name, number in review.counts.items() if number} == case.expect.get("counts", {})
    findings = [finding for block in review.blocks for finding in block.findings]
    assert set(case.expect.get("titles", [])) <= {finding.title for finding in findings}
    for line in case.expect.get("paste", []):
        assert any(line in finding.paste for finding in findings)


def _read(path: Path) -> Planted:
    return Planted(name=path.stem, **tomllib.loads(path.read_text()))


def _block(text: str, address: str) -> str:
    kind, name = address.split(".")
    match = re.search(rf'^resource "{kind}" "{name}" {{\n.*?^}}\n', text, re.MULTILINE | re.DOTALL)
    assert match, f"{address} is not in the base"
    return match[0]


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{text.count(old)} times in the base: {old}"
    return text.replace(old, new)
