"""Plain words in everything that a person reads: docstrings, comments, messages, documents, API texts.

A text breaks a rule when a reader of another country, at 3 a.m., must read it twice: private metaphors where
the field has a term, persons without a name, sentences that begin with their subject clause.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ops.checkout import ROOT

PRODUCT = ("main.py", "constructs_lib", "handlers", "ops")
DOCUMENTS = ("README.md", "docs/*.md", "docs/decisions/*.md", "examples/**/*.md")

RULES = tomllib.loads(Path(__file__).with_name("plain_words.toml").read_text(encoding="utf-8"))
BANNED: dict[str, str] = RULES["banned"]  # word: the term of the field to write instead
VERBS = frozenset(RULES["docstrings"]["verbs"].split())  # with which a public docstring may begin
OPENINGS = "What|Who|Whom|Whose|Whoever|Where|Whether|Nor|Of what|Of whom"
CODE = re.compile(r"```.*?```|`[^`]*`|https?://\S+", re.DOTALL)
EXEMPT = re.compile(r"dead[ -]letters?", re.IGNORECASE)
WORDS = re.compile(rf"\b({'|'.join(BANNED)})\b", re.IGNORECASE)
SUBJECT_CLAUSE = re.compile(rf"(?:^|[.!?:;]\s+)(({OPENINGS})\b[^.!?]*)")


class Text(NamedTuple):
    """Represents one text: its place as `file:line`, its kind and its words."""

    place: str
    kind: str
    words: str


def _files(*names: str) -> Iterator[Path]:
    for name in names:
        path = ROOT / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _docstrings(path: Path, tree: ast.Module) -> Iterator[tuple[ast.AST, Text]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = ast.get_docstring(node)
            if words:
                line = node.body[0].lineno
                yield node, Text(f"{path.relative_to(ROOT)}:{line}", "docstring", words)


def _python_texts(path: Path) -> Iterator[Text]:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    place = path.relative_to(ROOT)
    documented = {text.words for _, text in _docstrings(path, tree)}
    yield from (text for _, text in _docstrings(path, tree))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(f"{place}:{token.start[0]}", "comment", token.string.lstrip("# "))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            spaced = " " in node.value.strip()
            if spaced and inspect.cleandoc(node.value) not in documented:
                yield Text(f"{place}:{node.lineno}", "message", node.value)


def _document_texts() -> Iterator[Text]:
    for pattern in DOCUMENTS:
        for path in sorted(ROOT.glob(pattern)):
            text = CODE.sub(lambda found: "\n" * found.group().count("\n"), path.read_text(encoding="utf-8"))
            text = re.sub(r"^    .*$", "", text, flags=re.MULTILINE)
            for number, line in enumerate(text.splitlines(), 1):
                yield Text(f"{path.relative_to(ROOT)}:{number}", "document", line.strip(" |#-*>"))


def _data_texts() -> Iterator[Text]:
    for path in sorted(
        [*ROOT.glob("ops/**/*.toml"), *ROOT.glob("envs/*.toml"), *ROOT.glob("constructs_lib/**/*.toml")]
    ):
        place = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf-8")
        for number, line in enumerate(source.splitlines(), 1):
            if line.lstrip().startswith("#"):
                yield Text(f"{place}:{number}", "comment", line.lstrip("# "))
        yield from (
            Text(place, "message", words) for words in _strings(tomllib.loads(source)) if " " in words
        )
    contract = json.loads((ROOT / "handlers" / "openapi.json").read_text(encoding="utf-8"))
    for words in _strings(contract, only=("description", "summary", "title")):
        yield Text("handlers/openapi.json", "message", words)


def _strings(value: Any, only: tuple[str, ...] = (), key: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if not only or key in only:
            yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, only, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, only, key)


def _faults(text: Text) -> Iterator[str]:
    words = EXEMPT.sub("", CODE.sub("", text.words))
    for found in WORDS.finditer(words):
        plain = next(
            term for word, term in BANNED.items() if re.fullmatch(word, found.group(), re.IGNORECASE)
        )
        yield f"{text.place}: {text.kind}: {found.group()!r}: write {plain}"
    if text.kind in ("docstring", "document"):
        for found in SUBJECT_CLAUSE.finditer(words):
            if not found.group().rstrip().endswith("?"):
                yield f"{text.place}: {text.kind}: begins with {found.group(2)!r}: name the subject first"


def _all() -> Iterator[Text]:
    for path in _files(*PRODUCT):
        yield from _python_texts(path)
    yield from _document_texts()
    yield from _data_texts()


@pytest.mark.parametrize("kind", ["docstring", "comment", "message", "document"])
def test_texts_use_the_terms_of_the_field(kind: str) -> None:
    texts = [text for text in _all() if text.kind == kind]
    faults = [(text, fault) for text in texts for fault in _faults(text)]
    share = len({text for text, _ in faults}) / len(texts)
    assert not faults, f"{share:.1%} of {len(texts)}:\n" + "\n".join(fault for _, fault in faults)


def test_every_public_docstring_begins_with_a_verb() -> None:
    faults = []
    for path in _files(*PRODUCT):
        for node, text in _docstrings(path, ast.parse(path.read_text(encoding="utf-8"))):
            first = text.words.split(maxsplit=1)[0]
            public = not isinstance(node, ast.Module) and not getattr(node, "name", "_").startswith("_")
            if public and first not in VERBS:
                faults.append(f"{text.place}: {text.words.splitlines()[0]}")
    assert not faults, f"{len(faults)}:\n" + "\n".join(faults)
