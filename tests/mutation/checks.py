"""Calls of tests without pytest: one mutant takes as long as one synthesis."""

from __future__ import annotations

import contextlib
import inspect
import io
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from tests.constructs_lib.conftest import Synthesized

type Test = Callable[..., None]
type Stacks = Mapping[str, Synthesized]


class Output:
    """Captured standard output, read as from pytest's capsys."""

    def __init__(self, text: io.StringIO) -> None:
        self._text = text
        self.out = ""

    def readouterr(self) -> Output:
        self.out = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return self


def failing(modules: tuple[ModuleType, ...], stacks: Stacks) -> list[str]:
    """Returns the names of the tests in some modules that fail on these stacks."""
    return [
        name
        for module in modules
        for name, test in vars(module).items()
        if name.startswith("test_") and any(_fails(test, module, stacks, it) for it in _cases(test, stacks))
    ]


def _cases(test: Test, stacks: Stacks) -> Iterator[dict[str, Any]]:
    """Yields the values of a test's parameters; nothing for tests that take no whole environment."""
    parameters = inspect.signature(test).parameters
    marks = [it.args for it in getattr(test, "pytestmark", []) if it.name == "parametrize"]
    if marks:
        for names, values in marks:
            for value in values:
                case = {names: value} if isinstance(names, str) else dict(zip(names, value, strict=True))
                if "name" in case or "dev" in parameters:
                    yield {"dev": stacks["dev"], **case}
    elif "dev" in parameters:
        yield {"dev": stacks["dev"]}
    elif "made" in parameters:
        yield from ({"made": made, "name": name} for name, made in stacks.items())


def _fails(test: Test, module: ModuleType, stacks: Stacks, case: Mapping[str, Any]) -> bool:
    text = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        contextlib.redirect_stdout(text),
        patch.object(module, "environment", stacks.__getitem__),
    ):
        known = {"monkeypatch": monkeypatch, "capsys": Output(text), **case}
        try:
            test(**{name: known[name] for name in inspect.signature(test).parameters})
        except Exception:
            return True
    return False
