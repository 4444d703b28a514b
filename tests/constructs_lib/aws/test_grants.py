"""Grants document exactly what they allow, because users of a construct read nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import constructs_lib

FILES = sorted((Path(constructs_lib.__file__).parent / "aws").rglob("*.py"))
ACTION = re.compile(r"\b[a-z0-9-]+:[A-Z]\w+\b")
REFERENCES = ("AnyKey", "`services`")  # grants of a key, documented once


def _grants() -> Iterator[tuple[str, ast.FunctionDef]]:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("grant_"):
                yield f"{file.stem}.{node.name}", node


GRANTS = dict(_grants())


@pytest.mark.parametrize("name", sorted(GRANTS))
def test_the_docstring_of_a_grant_names_its_actions(name: str) -> None:
    node = GRANTS[name]
    text = ast.get_docstring(node) or ""
    body = "\n".join(ast.unparse(statement) for statement in node.body[1:])
    documented = set(ACTION.findall(text))
    if not any(word in text for word in REFERENCES):
        assert documented
        assert documented >= set(ACTION.findall(body))
