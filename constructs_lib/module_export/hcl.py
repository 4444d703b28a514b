"""HCL in the format of `terraform fmt`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """Represents a block such as `variable "name" { … }`. `attributes` are HCL expressions by name."""

    header: str
    attributes: Mapping[str, str]
    blocks: tuple[Block, ...] = ()

    def lines(self) -> Iterable[str]:
        """Yields the lines of the block, without line ends."""
        width = max(map(len, self.attributes), default=0)
        yield f"{self.header} {{"
        yield from (f"  {name:{width}} = {value}" for name, value in self.attributes.items())
        for number, block in enumerate(self.blocks):
            if self.attributes or number:
                yield ""
            yield from (f"  {line}" if line else line for line in block.lines())
        yield "}"


def document(blocks: Iterable[Block], *, head: str = "") -> str:
    """Returns the text of a file that begins with the comment `head`."""
    parts = ["\n".join(block.lines()) for block in blocks]
    return "\n\n".join([f"# {head}", *parts] if head else parts) + "\n"


def quoted(text: str) -> str:
    """Returns a string literal that Terraform does not interpolate."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def value(it: object) -> str:
    """Returns the literal of a text, a number, a boolean or a list."""
    if isinstance(it, str):
        return quoted(it)
    if isinstance(it, list | tuple):
        return f"[{', '.join(map(value, it))}]"
    return json.dumps(it)
