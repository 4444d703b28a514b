"""HCL as `terraform fmt` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """A block such as `variable "name" { … }`; `attributes` are HCL expressions by name."""

    words: str
    attributes: Mapping[str, str]
    blocks: tuple[Block, ...] = ()

    def lines(self) -> Iterable[str]:
        width = max(map(len, self.attributes), default=0)
        yield f"{self.words} {{"
        yield from (f"  {name:{width}} = {value}" for name, value in self.attributes.items())
        for number, block in enumerate(self.blocks):
            if self.attributes or number:
                yield ""
            yield from (f"  {line}" if line else line for line in block.lines())
        yield "}"


def document(blocks: Iterable[Block], *, head: str = "") -> str:
    """A file; `head` is a comment for who reads it."""
    parts = ["\n".join(block.lines()) for block in blocks]
    return "\n\n".join([f"# {head}", *parts] if head else parts) + "\n"


def quoted(text: str) -> str:
    """A string that Terraform does not interpolate."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def value(it: object) -> str:
    """A plain value: text, number, true or false, list."""
    if isinstance(it, str):
        return quoted(it)
    if isinstance(it, list | tuple):
        return f"[{', '.join(map(value, it))}]"
    return json.dumps(it)
